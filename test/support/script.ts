// Scripts for agents under test: what each does is in its task, so that one script serves every agent of a tree.
import type { BaseMessage } from '@langchain/core/messages'
import { isAIMessage, isToolMessage } from '@langchain/core/messages'
import { scripted } from '../../models/scripted.ts'
import { isInterlude } from '../../state/accepted.ts'
import { beginsTurn } from '../../state/messages.ts'

/** The calls that a model makes at once, or the words with which it ends. */
export type Move = { name: string; args: Record<string, unknown>; id?: string }[] | string

/** What the present turn was begun with. */
export function taskOf(messages: readonly BaseMessage[]): string {
  return messages.findLast(beginsTurn)?.text ?? ''
}

/** The results that this turn has so far, in order. */
export function resultsOf(messages: readonly BaseMessage[]): string[] {
  const start = messages.findLastIndex(beginsTurn)
  return messages
    .slice(start)
    .filter(isToolMessage)
    .map((message) => message.text)
}

/** A model that plays its moves from the first in each turn. A function sees the task and the results so far. */
export function playing(
  moves:
    | readonly Move[]
    | ((task: string, results: readonly string[], messages: readonly BaseMessage[]) => Move | Promise<Move>)
) {
  return scripted(async (messages) => {
    const results = resultsOf(messages)
    const replies = messages
      .slice(messages.findLastIndex(beginsTurn))
      .filter((message) => isAIMessage(message) && !isInterlude(message)).length
    const move =
      typeof moves === 'function' ? await moves(taskOf(messages), results, messages) : (moves[replies] ?? 'done')
    return typeof move === 'string' ? move : { calls: move }
  })
}
