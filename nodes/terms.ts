// On what terms a call is sent to `act`, which sees nothing of the conversation: what only the conversation tells.
import { type BaseMessage, isAIMessage, isToolMessage } from '@langchain/core/messages'
import type { AgentState } from '../state/agent.ts'
import type { Call } from '../state/calls.ts'
import { canonical } from '../state/canonical.ts'
import type { World } from '../state/context.ts'
import { inView, thisTurn } from '../state/messages.ts'
import { argsHash } from '../tools/args-hash.ts'

/** A result that the model has before it: of the same call, made before. */
export interface Seen {
  readonly callId: string
  readonly hash: string
}

export interface Terms {
  /** The tools as the request showed them. */
  readonly edition?: string
  /** Characters that its output may have at most. */
  readonly room?: number
  readonly seen?: Seen
}

type Conversation = Pick<AgentState, 'messages' | 'viewFrom'>

/** The terms for calls of the present step, of which there are `count`. */
export function termsOf(
  { messages, viewFrom }: Conversation,
  { world, count }: { world: World; count: number }
): (call: Call) => Terms {
  const { tools, charter } = world
  const most = charter.limits.turnOutput
  const room = most === undefined ? undefined : Math.floor(roomLeft(messages, most) / Math.max(1, count))
  return (call) => {
    const seen = tools.dedupes(call.name) ? seenBefore(call, inView(messages, viewFrom)) : undefined
    return {
      ...(tools.edition !== undefined && { edition: tools.edition }),
      ...(room !== undefined && { room: Math.max(LEAST, room) }),
      ...(seen && { seen })
    }
  }
}

/** However much was read already, this much of an output is shown: an agent that sees nothing goes nowhere. */
const LEAST = 500

function roomLeft(messages: readonly BaseMessage[], most: number): number {
  return thisTurn(messages)
    .filter(isToolMessage)
    .reduce((left, result) => left - result.text.length, most)
}

/** A shorter output is as well given again. */
const LONG = 400

/** The last of the results that the same call had, if it is long. */
function seenBefore({ id, name, args }: Call, messages: readonly BaseMessage[]): Seen | undefined {
  const wanted = canonical(args)
  const same = new Set<string>()
  for (const message of messages) {
    if (!isAIMessage(message)) continue
    for (const made of message.tool_calls ?? [])
      if (made.name === name && made.id !== id && canonical(made.args) === wanted) same.add(made.id!)
  }
  if (same.size === 0) return undefined
  const result = messages.findLast(
    (message) => isToolMessage(message) && same.has(message.tool_call_id) && message.text.length >= LONG
  )
  if (!result || !isToolMessage(result) || result.status === 'error') return undefined
  return { callId: result.tool_call_id, hash: argsHash(result.text) }
}
