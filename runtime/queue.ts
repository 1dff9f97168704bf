import { setTimeout as sleep } from 'node:timers/promises'
import type { Journal } from '../state/journal.ts'
import type { ThreadRecord } from '../state/threads.ts'
import type { Driver } from './drive.ts'
import { eventsOf } from './history/events.ts'
import { POLL_MS } from './pace.ts'
import { type Standing, stopped } from './standing.ts'
import { threadOf } from './thread-of.ts'
import { usageOfTree } from './usage.ts'

export interface QueueParts {
  readonly driver: Pick<Driver, 'drive' | 'isElsewhere'>
  readonly journal: Journal
  readonly closed: () => boolean
}

/**
 * Waits until the turn that a letter begins has its outcome, whichever process drives it, and drives the thread on itself
 * where nobody does. Undefined where the runtime was closed meanwhile: the letter waits on.
 */
export async function queued(
  { threadId, letterId }: { threadId: string; letterId: string },
  parts: QueueParts
): Promise<Standing | undefined> {
  const { driver, journal, closed } = parts
  const before = await journal.lastSeq(threadId)
  while (!closed()) {
    const thread = await threadOf(journal, threadId)
    if (!(await isWaiting(letterId, { threadId, journal }))) return outcomeOf(thread, { letterId, before }, parts)
    const standing = HELD.has(thread.status) ? undefined : await driver.drive(thread)
    if (standing?.turn === letterId) return standing
    if (standing?.turn === undefined) await sleep(POLL_MS)
  }
  return undefined
}

/** What has to be decided, or resumed, first: the letter does not hurry it. */
const HELD: ReadonlySet<ThreadRecord['status']> = new Set(['asking', 'paused'])

async function isWaiting(
  letterId: string,
  { threadId, journal }: { threadId: string; journal: Journal }
): Promise<boolean> {
  return (await journal.letters(threadId)).some(({ id }) => id === letterId)
}

/** How the turn of a letter ended that another process has taken. */
async function outcomeOf(
  thread: ThreadRecord,
  { letterId, before }: { letterId: string; before: number },
  { driver, journal }: QueueParts
): Promise<Standing> {
  for await (const event of eventsOf(thread.threadId, { journal, after: before, fromWhatIsKept: true }))
    if (event.type === 'turn.finished' && event.turn === letterId)
      return { outcome: event.outcome, usage: await usageOfTree(thread.threadId, journal) }
  if (thread.status === 'cancelled') return stopped({ status: 'cancelled', reason: 'it was cancelled before it began' })
  return driver.drive(thread)
}
