import { setTimeout as sleep } from 'node:timers/promises'
import type { Journal } from '../state/journal.ts'
import type { Outcome } from '../state/outcome.ts'
import type { ThreadRecord } from '../state/threads.ts'
import type { Driver } from './drive.ts'
import { eventsOf } from './history/events.ts'
import { POLL_MS } from './pace.ts'
import { type Standing, type Stop, stopped } from './standing.ts'
import { threadOf } from './thread-of.ts'
import { usageOfTree } from './usage.ts'

/** A letter that waits to begin a turn; `after`: the tree's last event before it was sent. */
export interface QueuedLetter {
  readonly letterId: string
  readonly after: number
}

export interface QueueParts {
  readonly driver: Pick<Driver, 'drive'>
  readonly journal: Journal
  readonly closed: () => boolean
  /** Whether another process holds the lease of a tree, as far as can be seen without asking for it. */
  isElsewhere(rootThreadId: string): Promise<boolean>
}

/** The longest time between two looks, for one that has waited for long. */
const LONGEST_MS = 5 * POLL_MS

/**
 * Waits until the turn that a letter begins has its outcome, whichever process drives it, and drives the thread on itself
 * where nobody does. Undefined where the runtime was closed meanwhile: the letter waits on.
 */
export async function queued(
  { threadId, ...letter }: QueuedLetter & { threadId: string },
  { driver, journal, closed, isElsewhere }: QueueParts
): Promise<Standing | undefined> {
  let paceMs = 0
  while (!closed()) {
    const thread = await threadOf(journal, threadId)
    const known = await knownOf(letter, { thread, journal })
    if (known) return known
    const rests = HELD.has(thread.status) || (await isElsewhere(threadId))
    const standing = rests ? undefined : await driver.drive(thread)
    if (standing?.turn === letter.letterId) return standing
    paceMs = standing?.turn === undefined ? Math.min(paceMs + POLL_MS, LONGEST_MS) : 0
    if (paceMs > 0) await sleep(paceMs)
  }
  return undefined
}

/** What has to be decided, or resumed, first: the letter does not hurry it. */
const HELD: ReadonlySet<ThreadRecord['status']> = new Set(['asking', 'paused'])

interface Where {
  readonly thread: ThreadRecord
  readonly journal: Journal
}

/** How the turn of a letter ended, whichever process drove it; undefined while it waits, or is under way. */
async function knownOf(letter: QueuedLetter, where: Where): Promise<Standing | undefined> {
  const { thread, journal } = where
  if (await isWaiting(letter, where)) return undefined
  // A letter that waits no more has begun its turn before, or never will.
  const turn = await turnOf(letter, where)
  if (turn?.outcome) return { outcome: turn.outcome, usage: await usageOfTree(thread.threadId, journal) }
  return turn && thread.status !== 'cancelled' ? undefined : stopped(CANCELLED)
}

async function isWaiting({ letterId }: QueuedLetter, { thread, journal }: Where): Promise<boolean> {
  return (await journal.letters(thread.threadId)).some(({ id, begun }) => id === letterId && !begun)
}

/**
 * The turn of a letter, as its tree was told of it; undefined where it was never begun, or given up for another. It may end in
 * another run than it began in, which knows of no letter: what ends before the next turn begins is the same.
 */
async function turnOf(
  { letterId, after }: QueuedLetter,
  { thread: { threadId }, journal }: Where
): Promise<{ outcome?: Outcome } | undefined> {
  let begun = false
  for await (const event of eventsOf(threadId, { journal, after, fromWhatIsKept: true })) {
    if (event.threadId !== threadId) continue
    if (event.type === 'turn.started') begun = event.turn === letterId
    if (event.type === 'turn.finished' && begun) return { outcome: event.outcome }
  }
  return begun ? {} : undefined
}

const CANCELLED: Stop = { status: 'cancelled', reason: 'it was cancelled' }
