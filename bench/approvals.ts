// What approvals are tried with on both sides: the same calls, the same model class, the same view from outside.
import type { BaseChatModel } from '@langchain/core/language_models/chat_models'
import { type BaseMessage, isAIMessage, isToolMessage } from '@langchain/core/messages'
import { scripted } from '../models/scripted.ts'

/** What can be seen from outside when something has happened to an approval. */
export interface Seen {
  /** How the side was set up. */
  readonly setup: string
  /** The effects, in the order in which they happened. */
  readonly ran: readonly string[]
  /** How many asks wait after what happened. */
  readonly open: number
  /** What the calls that are in the history got as their results, by the name of their tool. */
  readonly results?: Readonly<Record<string, string>>
  /** What the side itself said to it. */
  readonly said?: string
}

/** What can happen to an approval, as each side does it, in each of the ways that it has. */
export interface Approvals {
  /** Two children ask, each for a call of its own; one bare "yes" is given, which names neither. */
  bareYes(): Promise<Seen[]>
  /** Two clients give the same answer to the same ask at the same moment. */
  doubleClick(): Promise<Seen[]>
  /** `build` was approved, `release` is asked for; then the run is recovered, as after a crash. */
  recovery(): Promise<Seen[]>
  /** A person says something while `pay` is asked for, and approves it afterwards. `open` is between the two. */
  message(): Promise<Seen[]>
  /** `archive` and `erase` are called in one message; the first is approved, the second rejected: "not that one". */
  mixed(): Promise<Seen[]>
}

export const REJECTION = 'not that one'

/** Calls the tools of each step at once, one step after the other, and ends. What a person says in between it answers. */
export function calling(...steps: readonly (readonly string[])[]): BaseChatModel {
  return scripted((_messages, { turn }) => {
    const calls = (steps[turn] ?? []).map((name) => ({ name, args: {}, id: `call_${name}` }))
    return calls.length > 0 ? { calls } : 'done'
  })
}

/** What became of the calls that a conversation has, by the name of their tool. */
export function resultsIn(messages: readonly BaseMessage[]): Record<string, string> {
  const calls = messages.filter(isAIMessage).flatMap((message) => message.tool_calls ?? [])
  const results = new Map(messages.filter(isToolMessage).map((message) => [message.tool_call_id, message.text]))
  return Object.fromEntries(calls.map(({ name, id }) => [name, results.get(id!) ?? 'no result']))
}
