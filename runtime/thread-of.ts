import { unknownThread } from '../checkpointers/unknown-thread.ts'
import type { ThreadRows } from '../state/journal.ts'
import type { ThreadRecord } from '../state/threads.ts'

/** @throws RuntimeError UNKNOWN_THREAD */
export async function threadOf(journal: Pick<ThreadRows, 'thread'>, threadId: string): Promise<ThreadRecord> {
  const thread = await journal.thread(threadId)
  if (!thread) throw unknownThread(threadId)
  return thread
}

/** A thread and those above it, up to its root. */
export async function ancestryOf(journal: Pick<ThreadRows, 'thread'>, thread: ThreadRecord): Promise<ThreadRecord[]> {
  if (!thread.parentThreadId) return [thread]
  return [thread, ...(await ancestryOf(journal, await threadOf(journal, thread.parentThreadId)))]
}
