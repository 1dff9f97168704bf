import { unknownThread } from '../checkpointers/unknown-thread.ts'
import type { ThreadRows } from '../state/journal.ts'
import type { ThreadRecord } from '../state/threads.ts'

/** @throws RuntimeError UNKNOWN_THREAD */
export async function threadOf(journal: Pick<ThreadRows, 'thread'>, threadId: string): Promise<ThreadRecord> {
  const thread = await journal.thread(threadId)
  if (!thread) throw unknownThread(threadId)
  return thread
}

/** The ids of all threads above one, the nearest first; also of a root that somebody else drives and this store does not know. */
export async function idsAbove(
  journal: Pick<ThreadRows, 'thread'>,
  { parentThreadId }: Pick<ThreadRecord, 'parentThreadId'>
): Promise<string[]> {
  if (parentThreadId === null) return []
  const parent = await journal.thread(parentThreadId)
  return [parentThreadId, ...(parent ? await idsAbove(journal, parent) : [])]
}

/** A thread and those above it, up to its root. */
export async function ancestryOf(journal: Pick<ThreadRows, 'thread'>, thread: ThreadRecord): Promise<ThreadRecord[]> {
  if (!thread.parentThreadId) return [thread]
  return [thread, ...(await ancestryOf(journal, await threadOf(journal, thread.parentThreadId)))]
}
