import type { AIMessage } from '@langchain/core/messages'
import { malformedOf } from '../models/malformed.ts'
import type { AgentState } from '../state/agent.ts'
import type { Call, Judgement } from '../state/calls.ts'
import type { World } from '../state/context.ts'
import { lastReply, turnOf, unsettledCalls } from '../state/messages.ts'
import { type Grant, grantsIn } from '../state/remit.ts'

export interface JudgedCall {
  readonly call: Call
  readonly judgement: Judgement
}

/** The calls of the present step that have no result, no task and no wait yet, with what is to be done with each. Pure. */
export function judgedCalls({ messages, grants, ledger, waits }: AgentState, world: World): JudgedCall[] {
  const reply = lastReply(messages)
  const calls = (unsettledCalls(messages) as Call[]).filter(
    ({ id }) => !Object.hasOwn(ledger, id) && !Object.hasOwn(waits, id)
  )
  return reply ? judgedOf(reply, calls, { world, grants: grantsIn(turnOf(messages), grants) }) : []
}

/** What is to be done with calls of a reply. Arguments that were no JSON are refused, whatever the tool would take. */
export function judgedOf(
  reply: AIMessage,
  calls: readonly Call[],
  { world, grants }: { world: World; grants: readonly Grant[] }
): JudgedCall[] {
  return calls.map((call) => {
    const malformed = malformedOf(reply, call.id)
    if (malformed)
      return { call, judgement: { kind: 'invalid', reason: `the arguments are no JSON: ${malformed.error}` } }
    return { call, judgement: world.tools.judge(call, { remits: world.remits, grants }) }
  })
}
