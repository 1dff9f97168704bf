// How a root whose turn is over hears of its background tasks.
//
// R1. When the run of such a task ends, a letter to the root is kept in the transaction that tells of its outcome.
// R2. A letter is taken when a checkpoint of the root has what it tells of. Until then the tree counts as unfinished.
// R3. What is told, is told by the ledger: a letter only wakes the root, and one too many does no harm.
import { z } from 'zod'
import type { WaitingLetter } from '../state/inbox.ts'
import type { InboxRows, RowWrite } from '../state/journal.ts'
import type { Outcome } from '../state/outcome.ts'
import { isOpen } from '../state/task-ledger.ts'
import type { ThreadRecord } from '../state/threads.ts'
import { ledgerOf } from './dialects/deputy.ts'

const Moved = z.object({ task: z.string(), status: z.string() })

/** Whether the parent of a thread may be at rest while it is at work. */
export function reportsToRoot({ background, parentThreadId, rootThreadId }: ThreadRecord): boolean {
  return background && parentThreadId === rootThreadId
}

/** The letter with which a run of a background task tells the root that the task has moved. */
export function reportOf(
  { rootThreadId, taskId }: ThreadRecord,
  { id, status, at }: { id: string; status: Outcome['status']; at: number }
): Extract<RowWrite, { kind: 'letter' }> {
  const text = JSON.stringify({ task: taskId ?? '', status } satisfies z.infer<typeof Moved>)
  return { kind: 'letter', letter: { id, rootThreadId, threadId: rootThreadId, kind: 'report', text, sentAt: at } }
}

export async function reportsTo({ threadId }: ThreadRecord, journal: InboxRows): Promise<WaitingLetter[]> {
  return (await journal.letters(threadId)).filter((letter) => letter.kind === 'report' && letter.threadId === threadId)
}

interface Hearing {
  /** What the root's last superstep made of its state. */
  readonly values: unknown
  /** The letters that were there before the root looked: also those that only tell of an ask can be borne out. */
  readonly before: readonly WaitingLetter[]
  readonly journal: InboxRows
}

/** Takes the letters that the root's ledger bears out, and gives the others. */
export async function unheard(root: ThreadRecord, { values, before, journal }: Hearing): Promise<WaitingLetter[]> {
  if (values === undefined) return []
  const standing = new Map(ledgerOf(values).map((task) => [task.id, task]))
  const looked = new Set(before.map(({ id }) => id))
  const left: WaitingLetter[] = []
  for (const letter of await reportsTo(root, journal)) {
    const { task, status } = Moved.parse(JSON.parse(letter.text))
    const known = standing.get(task)
    const isSeen = looked.has(letter.id) && status === 'asking' && known?.status === 'asking'
    if (!known || !isOpen(known) || isSeen) await journal.takeLetter(letter.id)
    else left.push(letter)
  }
  return left
}
