import type { CheckpointTuple } from '@langchain/langgraph'
import { RuntimeError } from '../../state/errors.ts'
import type { PlacedMark } from '../../state/marks.ts'
import type { ThreadRecord } from '../../state/threads.ts'
import { catchUpAtRest } from './catch-up.ts'
import type { ListParts } from './list.ts'

/** A checkpoint of a thread. @throws RuntimeError UNKNOWN_CHECKPOINT */
export async function markAt(
  { threadId, rootThreadId }: ThreadRecord,
  checkpointId: string,
  parts: ListParts
): Promise<PlacedMark> {
  const { journal } = parts
  const key = { threadId, checkpointId }
  const known = await journal.checkpoint(key)
  if (known) return known
  if (!(await parts.isAtWork(rootThreadId))) await catchUpAtRest(rootThreadId, parts)
  const found = await journal.checkpoint(key)
  if (found) return found
  throw new RuntimeError(
    'UNKNOWN_CHECKPOINT',
    `thread ${threadId} has no checkpoint ${checkpointId}; its history lists them`
  )
}

/** The checkpoint at which a thread stood at a place in the order of its tree; undefined where it had none yet. */
export async function markUpTo(
  { threadId, rootThreadId }: ThreadRecord,
  place: number,
  { journal }: Pick<ListParts, 'journal'>
): Promise<PlacedMark | undefined> {
  const [last] = await journal.checkpoints(rootThreadId, { threadId, before: place + 1, limit: 1 })
  return last
}

/** What came right before a checkpoint was not let go. @throws RuntimeError UNKNOWN_CHECKPOINT */
export async function expectWhole(
  { threadId, path, parentCheckpointId }: PlacedMark,
  { journal }: Pick<ListParts, 'journal'>
): Promise<void> {
  if (parentCheckpointId === null) return
  if (await journal.checkpoint({ threadId, checkpointId: parentCheckpointId })) return
  throw new RuntimeError(
    'UNKNOWN_CHECKPOINT',
    `what thread ${threadId} (${path}) was then is not kept any more; its history lists what is`
  )
}

/** As `markUpTo`, and it is where the thread stood then. @throws RuntimeError UNKNOWN_CHECKPOINT where that was let go */
export async function exactMarkUpTo(
  thread: ThreadRecord,
  place: number,
  parts: Pick<ListParts, 'journal'>
): Promise<PlacedMark | undefined> {
  const { threadId, rootThreadId } = thread
  const page = { threadId, after: place, first: 'oldest', limit: 1 } as const
  const [next] = await parts.journal.checkpoints(rootThreadId, page)
  if (next) await expectWhole(next, parts)
  return markUpTo(thread, place, parts)
}

/**
 * A checkpoint with its state.
 * @throws RuntimeError UNKNOWN_CHECKPOINT where it is gone; BAD_STORE where it is damaged: another is never taken for it
 */
export async function tupleAt(
  { threadId, checkpointId, path }: PlacedMark,
  { saver }: Pick<ListParts, 'saver'>
): Promise<CheckpointTuple> {
  const config = { configurable: { thread_id: threadId, checkpoint_ns: '', checkpoint_id: checkpointId } }
  const tuple = await saver.getTuple(config)
  if (tuple) return tuple
  throw new RuntimeError(
    'UNKNOWN_CHECKPOINT',
    `checkpoint ${checkpointId} of thread ${threadId} (${path}) is not in the store any more`
  )
}
