// Where hooks meet a reply of the model. Without hooks none of this runs.
import { type AIMessage, type BaseMessage, HumanMessage, isAIMessage, isToolMessage } from '@langchain/core/messages'
import { malformedOf } from '../models/malformed.ts'
import { accepted } from '../state/accepted.ts'
import type { Call } from '../state/calls.ts'
import type { ModelReply, World } from '../state/context.ts'
import { RuntimeError } from '../state/errors.ts'
import { withHooked } from '../state/hooked.ts'
import type { HeardMessage, HookedCall, HookPort } from '../state/hooks.ts'

export interface Hooked {
  readonly world: World
  readonly hooks: HookPort
}

/** The messages of a request with what hooks send along. It is of this request alone: the thread does not keep it. */
export async function hookedView(view: readonly BaseMessage[], { world, hooks }: Hooked): Promise<BaseMessage[]> {
  if (!hooks.has('beforeModel')) return [...view]
  const tools = world.tools.specs.map(({ name }) => name)
  const context = await hooks.beforeModel({ messages: view.map(asHeard), tools })
  return context.length > 0 ? accepted([...view, new HumanMessage(context.join('\n'))]) : [...view]
}

/**
 * The reply as hooks leave it. A reply that is not to be followed has all of its calls denied; where it has none, the turn
 * ends. @throws RuntimeError HOOK_BLOCKED
 */
export async function hookedReply({ message, usage }: ModelReply, about: Hooked): Promise<AIMessage> {
  const { hooks } = about
  const calls = callsIn(message)
  const { denied } = hooks.has('afterModel') ? await hooks.afterModel({ text: message.text, calls, usage }) : {}
  if (denied !== undefined && calls.length === 0) throw new RuntimeError('HOOK_BLOCKED', denied)
  if (denied !== undefined)
    return withHooked(message, new Map(calls.map((call) => [call.id, deniedCall(call, denied)])))
  if (!hooks.has('beforeTool')) return message
  const readable = calls.filter(({ id }) => !malformedOf(message, id))
  const hooked = readable.map(async (call) => [call.id, await hookedCall(call, about)] as const)
  return withHooked(message, new Map(await Promise.all(hooked)))
}

/** A call as hooks leave it. */
export function hookedCall(call: Call, { world: { tools, remits }, hooks }: Hooked): Promise<HookedCall> {
  return hooks.beforeTool(call, (made) => {
    const judgement = tools.judge(made, { remits, grants: [] })
    return judgement.kind === 'invalid' ? judgement.reason : undefined
  })
}

function deniedCall({ args }: Call, reason: string): HookedCall {
  return { args, verdict: { kind: 'deny', reason } }
}

function callsIn({ tool_calls: calls = [] }: AIMessage): Call[] {
  return calls.map(({ id, name, args }) => ({ id: id!, name, args }))
}

function asHeard(message: BaseMessage): HeardMessage {
  const role = message.getType() as HeardMessage['role']
  const calls = isAIMessage(message) ? callsIn(message) : []
  return {
    role,
    text: message.text,
    ...(calls.length > 0 && { calls }),
    ...(isToolMessage(message) && { toolCallId: message.tool_call_id })
  }
}
