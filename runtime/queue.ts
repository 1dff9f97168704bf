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
}

/**
 * Waits until the turn that a letter begins has its outcome, whichever process drives it, and drives the thread on itself
 * where nobody does. Undefined where the runtime was closed meanwhile: the letter waits on.
 */
export async function queued(
  { threadId, ...letter }: QueuedLetter & { threadId: string },
  { driver, journal, closed }: QueueParts
): Promise<Standing | undefined> {
  while (!closed()) {
    const known = await knownOf(letter, { threadId, journal })
    if (known) return known
    const thread = await threadOf(journal, threadId)
    const standing = HELD.has(thread.status) ? undefined : await driver.drive(thread)
    if (standing?.turn === letter.letterId) return standing
    if (standing?.turn === undefined) await sleep(POLL_MS)
  }
  return undefined
}

/** What has to be decided, or resumed, first: the letter does not hurry it. */
const HELD: ReadonlySet<ThreadRecord['status']> = new Set(['asking', 'paused'])

interface Where {
  readonly threadId: string
  readonly journal: Journal
}

/** How the turn of a letter ended, whichever process drove it; undefined while it waits, or is under way. */
async function knownOf(letter: QueuedLetter, where: Where): Promise<Standing | undefined> {
  const { threadId, journal } = where
  const { status } = await threadOf(journal, threadId)
  if (await isWaiting(letter, where)) return undefined
  // A letter that waits no more has begun its turn before, or never will.
  const turn = await turnOf(letter, where)
  if (turn?.outcome) return { outcome: turn.outcome, usage: await usageOfTree(threadId, journal) }
  return turn && status !== 'cancelled' ? undefined : stopped(CANCELLED)
}

async function isWaiting({ letterId }: QueuedLetter, { threadId, journal }: Where): Promise<boolean> {
  return (await journal.letters(threadId)).some(({ id, begun }) => id === letterId && !begun)
}

/**
 * The turn of a letter, as its tree was told of it; undefined where it was never begun, or given up for another. It may end in
 * another run than it began in, which knows of no letter: what ends before the next turn begins is the same.
 */
async function turnOf(
  { letterId, after }: QueuedLetter,
  { threadId, journal }: Where
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
