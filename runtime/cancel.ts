import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock, Ids } from '../state/context.ts'
import type { Journal } from '../state/journal.ts'
import { hasEnded, type ThreadRecord } from '../state/threads.ts'
import type { Driver } from './drive.ts'
import { POLL_MS } from './pace.ts'
import { subtreeOf } from './snapshot.ts'
import type { Stop } from './standing.ts'
import { threadOf } from './thread-of.ts'

export interface CancelParts {
  readonly driver: Driver
  readonly journal: Journal
  readonly clock: Clock
  readonly ids: Ids
  readonly holder: string
}

interface Cancelling {
  readonly threadId: string
  readonly reason: string
}

/** Stops a subtree. Where another process drives the tree that one is told; this one sees to it that nothing is left. */
export async function cancel({ threadId, reason }: Cancelling, parts: CancelParts): Promise<void> {
  const { journal, clock, ids } = parts
  const { rootThreadId } = await threadOf(journal, threadId)
  if (await isDrivenElsewhere(rootThreadId, parts)) {
    const id = ids.next()
    await journal.send({ id, rootThreadId, threadId, kind: 'cancel', text: reason, sentAt: clock.now() })
    const isWaiting = async () => (await journal.letters(rootThreadId)).some((letter) => letter.id === id)
    while ((await isDrivenElsewhere(rootThreadId, parts)) && (await isWaiting())) await sleep(POLL_MS)
    await journal.takeLetter(id)
  }
  await cancelHere({ threadId, reason }, parts)
}

export async function isDrivenElsewhere(
  rootThreadId: string,
  { journal, clock, holder }: Pick<CancelParts, 'journal' | 'clock' | 'holder'>
): Promise<boolean> {
  const lease = await journal.lease(rootThreadId)
  return lease !== undefined && lease.holder !== holder && lease.expiresAt > clock.now()
}

export async function cancelHere({ threadId, reason }: Cancelling, parts: CancelParts): Promise<void> {
  const { journal } = parts
  const { rootThreadId } = await threadOf(journal, threadId)
  const subtree = async () => subtreeOf(threadId, await journal.threadsOf(rootThreadId))
  await stop(await subtree(), { status: 'cancelled', reason }, parts)
  // What a run was just starting when it was stopped is there now.
  const threads = await subtree()
  await stop(threads, { status: 'cancelled', reason }, parts)
  await journal.withdrawAsks(threads.map((each) => each.threadId))
}

async function stop(
  threads: readonly ThreadRecord[],
  as: Stop,
  { driver, journal, clock }: CancelParts
): Promise<void> {
  const threadIds = threads.map(({ threadId }) => threadId)
  await driver.stop(threadIds, as)
  for (const { threadId, status } of threads)
    if (!hasEnded(status)) await journal.setThreadStatus(threadId, as.status, clock.now())
}
