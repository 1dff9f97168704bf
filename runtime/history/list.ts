import type { CheckpointPage } from '../../state/journal.ts'
import type { Label, PlacedMark } from '../../state/marks.ts'
import type { ThreadRecord } from '../../state/threads.ts'
import { type CatchUpParts, catchUpAtRest } from './catch-up.ts'

/** One checkpoint of a thread, newest first in a list. */
export interface HistoryEntry extends Pick<PlacedMark, Listed> {
  readonly parentCheckpointId: string | undefined
  /** ISO 8601. */
  readonly createdAt: string
  /** The names that it was given. */
  readonly labels: readonly string[]
}
type Listed =
  | 'threadId'
  | 'checkpointId'
  | 'agent'
  | 'path'
  | 'step'
  | 'source'
  | 'nodes'
  | 'next'
  | 'messages'
  | 'last'
  | 'place'

/** Which checkpoints are listed. Times are milliseconds since the epoch, by the runtime's clock. */
export interface HistoryPage extends Partial<Omit<CheckpointPage, 'threadId'>> {
  /** Of the thread alone, which is the default, or of its whole tree. */
  readonly of?: 'thread' | 'tree'
}

export interface ListParts extends CatchUpParts {
  /** Whether a tree is at work, here or elsewhere: what it has not told of yet it will. */
  isAtWork(rootThreadId: string): Promise<boolean>
}

/** The newest first. No state is loaded. */
export async function historyOf(
  { threadId, rootThreadId }: ThreadRecord,
  { of = 'thread', limit = 100, ...page }: HistoryPage,
  parts: ListParts
): Promise<HistoryEntry[]> {
  const { journal } = parts
  if (!(await parts.isAtWork(rootThreadId))) await catchUpAtRest(rootThreadId, parts)
  const which = of === 'thread' ? { ...page, threadId } : page
  const marks = await journal.checkpoints(rootThreadId, { ...which, limit })
  const labels = await journal.labelsOf(rootThreadId)
  return marks.map((mark) => entryOf(mark, labels))
}

export function entryOf({ rootThreadId: _, at, parentCheckpointId, ...mark }: PlacedMark, labels: readonly Label[]) {
  const own = labels.filter((label) => label.checkpointId === mark.checkpointId && label.threadId === mark.threadId)
  return {
    ...mark,
    parentCheckpointId: parentCheckpointId ?? undefined,
    createdAt: new Date(at).toISOString(),
    labels: own.map(({ name }) => name)
  } satisfies HistoryEntry
}
