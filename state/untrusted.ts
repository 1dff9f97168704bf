// U1. What a stranger wrote is marked where it came in: the message of a result in `additional_kwargs.untrusted`, a task of the
//     ledger in `untrusted`. A thread keeps both for as long as it keeps the text, whatever part of it the model is sent.
// U2. The mark passes along a delegation in both directions: with a task and with what is said to a child, and with what comes back.
import type { BaseMessage } from '@langchain/core/messages'
import type { TaskLedger } from './task-ledger.ts'

/** Whose text an agent has read, in words of ours; undefined where nobody's but that of those it works for and with. */
export function strangersIn({
  messages,
  ledger = {}
}: {
  messages: readonly BaseMessage[]
  ledger?: TaskLedger
}): string | undefined {
  const found = new Set<string>()
  for (const { additional_kwargs } of messages) add(found, additional_kwargs?.untrusted)
  for (const id in ledger) add(found, ledger[id]!.untrusted)
  return found.size > 0 ? named([...found]) : undefined
}

/** A mark that names nobody is one all the same. */
function add(found: Set<string>, mark: unknown): void {
  if (mark) found.add(typeof mark === 'string' ? mark : 'a stranger')
}

/** As many are named as anybody would read. */
const MOST_NAMED = 4

/** A mark may be of several already, where it came with a task. */
function named(marks: readonly string[]): string {
  const names = [...new Set(marks.flatMap((mark) => mark.split(AND)))]
  return names.length > MOST_NAMED ? [...names.slice(0, MOST_NAMED), 'others'].join(AND) : names.join(AND)
}
const AND = ' and '
