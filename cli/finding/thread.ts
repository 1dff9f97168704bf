import type { Journal } from '../../state/journal.ts'
import type { ThreadRecord } from '../../state/threads.ts'
import { idFrom } from './prefix.ts'

/** Far more than one person's store holds; beyond it a whole id still finds its thread. */
const MANY = 10_000

/**
 * The thread with the id `given`, or the only one whose id begins with it.
 * @throws RuntimeError UNKNOWN_THREAD, BAD_ARGUMENTS
 */
export async function findThread(given: string, journal: Journal): Promise<ThreadRecord> {
  const exact = await journal.thread(given)
  if (exact) return exact
  const roots = await journal.roots({ limit: MANY })
  const trees = await Promise.all(roots.map(({ threadId }) => journal.threadsOf(threadId)))
  const threads = new Map(trees.flat().map((thread) => [thread.threadId, thread]))
  return threads.get(idFrom(given, { ids: [...threads.keys()], noun: 'thread', unknown: 'UNKNOWN_THREAD' }))!
}
