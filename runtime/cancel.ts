import { hasEnded, type ThreadRecord } from '../state/threads.ts'
import { type CommandParts, tellHolder } from './command.ts'
import { reportOf, reportsToRoot } from './reports.ts'
import { subtreeOf } from './snapshot.ts'
import type { Stop } from './standing.ts'
import { threadOf } from './thread-of.ts'

interface Cancelling {
  readonly threadId: string
  readonly reason: string
}

/** Stops a subtree. Where another process drives the tree that one is told; this one sees to it that nothing is left. */
export async function cancel({ threadId, reason }: Cancelling, parts: CommandParts): Promise<void> {
  await tellHolder(await threadOf(parts.journal, threadId), { kind: 'cancel', reason }, parts)
  await cancelAndTell({ threadId, reason }, parts)
}

/** A background task that somebody else than its parent has cancelled is reported, also where it had no run to report it. */
export async function cancelAndTell({ threadId, reason }: Cancelling, parts: CommandParts): Promise<void> {
  const { journal, driver, clock, ids } = parts
  await cancelHere({ threadId, reason }, parts)
  const thread = await threadOf(journal, threadId)
  if (!reportsToRoot(thread)) return
  await journal.send(reportOf(thread, { id: ids.next(), status: 'cancelled', at: clock.now() }).letter)
  driver.wake(thread.rootThreadId)
}

export async function cancelHere({ threadId, reason }: Cancelling, parts: CommandParts): Promise<void> {
  const { journal } = parts
  const { rootThreadId } = await threadOf(journal, threadId)
  const subtree = async () => subtreeOf(threadId, await journal.threadsOf(rootThreadId))
  await dropMessages(await subtree(), parts)
  await stop(await subtree(), { status: 'cancelled', reason }, parts)
  // What a run was just starting when it was stopped is there now.
  const threads = await subtree()
  await stop(threads, { status: 'cancelled', reason }, parts)
  await journal.withdrawAsks(threads.map((each) => each.threadId))
}

/** What waits to begin a turn is cancelled with the turn before it. */
async function dropMessages(threads: readonly ThreadRecord[], { journal }: CommandParts): Promise<void> {
  const mine = new Set(threads.map(({ threadId }) => threadId))
  for (const { id, kind, threadId } of await journal.letters(threads[0]!.rootThreadId))
    if ((kind === 'queue' || kind === 'follow-up') && mine.has(threadId)) await journal.takeLetter(id)
}

async function stop(
  threads: readonly ThreadRecord[],
  as: Stop,
  { driver, journal, clock }: CommandParts
): Promise<void> {
  const threadIds = threads.map(({ threadId }) => threadId)
  await driver.stop(threadIds, as)
  for (const { threadId, status } of threads)
    if (!hasEnded(status)) await journal.setThreadStatus(threadId, as.status, clock.now())
}
