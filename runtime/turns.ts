import { setTimeout as sleep } from 'node:timers/promises'
import { RuntimeError } from '../state/errors.ts'
import type { AgentEvent } from '../state/events.ts'
import type { Journal } from '../state/journal.ts'
import type { Outcome } from '../state/outcome.ts'
import type { ThreadRecord } from '../state/threads.ts'
import type { Usage } from '../state/usage.ts'
import type { Driver } from './drive.ts'
import type { EventHub } from './events.ts'
import { POLL_MS } from './pace.ts'
import { type QueuedLetter, queued } from './queue.ts'
import type { Start } from './run.ts'
import { CLOSED, type Standing, stopped } from './standing.ts'
import { threadOf } from './thread-of.ts'

export interface TurnResult {
  readonly threadId: string
  readonly outcome: Outcome
  /** Of the thread so far, with all that its children reported. */
  readonly usage: Usage
}

/**
 * A turn on its way. Iterating gives the events of the whole tree from its start to its result. A reader who falls far behind
 * misses pieces of model text, and nothing else.
 */
export interface Turn extends AsyncIterable<AgentEvent> {
  readonly threadId: string
  readonly result: Promise<TurnResult>
}

export interface Turns {
  /** Drives a root thread, with its events from this moment on. */
  on(root: ThreadRecord, how: Driving): Turn
  /** Stops whatever runs here so that it can be resumed. */
  close(): Promise<void>
}

export interface Driving {
  /** What a turn is begun with at once. */
  readonly start?: Start | undefined
  /** The letter of a turn that is begun when its time has come. */
  readonly queued?: QueuedLetter | undefined
  /** Whether models' text is wanted piece by piece. */
  readonly text: boolean
}

export interface TurnParts {
  readonly driver: Driver
  readonly hub: EventHub
  readonly journal: Journal
  /** Root threads whose models' text is wanted piece by piece. */
  readonly streaming: Set<string>
  /** Whether another process holds the lease of a tree. */
  isElsewhere(rootThreadId: string): Promise<boolean>
}

export function turns({ driver, hub, journal, streaming, isElsewhere }: TurnParts): Turns {
  /** By thread, the end of what waits here to begin a turn of it. */
  const queues = new Map<string, Promise<void>>()
  let closed = false

  function on(root: ThreadRecord, { start, queued: letter, text }: Driving): Turn {
    const { threadId } = root
    if (text) streaming.add(threadId)
    const feed = hub.follow(threadId)
    const standing = letter ? begunLater(threadId, letter) : driven(root, start)
    const result = standing.then(({ outcome, usage }) => ({ threadId, outcome, usage }))
    const end = () => {
      feed.end()
      if (text) streaming.delete(threadId)
    }
    result.then(end, end)
    return { threadId, result, [Symbol.asyncIterator]: () => feed[Symbol.asyncIterator]() }
  }

  /** Drives a tree, or waits for the process that does. A new turn does not wait: it is refused, and its letter with it. */
  async function driven(root: ThreadRecord, start: Start | undefined): Promise<Standing> {
    try {
      const standing = await driver.drive(root, start)
      if (!driver.isElsewhere(standing)) return standing
      if (start) throw new RuntimeError('THREAD_BUSY', `another process drives thread ${root.threadId}`)
    } catch (error) {
      if (start?.letterId) await journal.takeLetter(start.letterId)
      throw error
    }
    await sleep(POLL_MS)
    return closed ? stopped(CLOSED) : driven(await threadOf(journal, root.threadId), undefined)
  }

  /** Those that wait for the same thread look one after the other: their letters are in order as well. */
  async function begunLater(threadId: string, letter: QueuedLetter): Promise<Standing> {
    const before = queues.get(threadId)
    const mine = (async () => {
      await before
      return queued({ threadId, ...letter }, { driver, journal, isElsewhere, closed: () => closed })
    })()
    const over = mine.then(
      () => {},
      () => {}
    )
    queues.set(threadId, over)
    const standing = await mine.finally(() => {
      if (queues.get(threadId) === over) queues.delete(threadId)
    })
    return standing ?? stopped(CLOSED)
  }

  async function close(): Promise<void> {
    closed = true
    await driver.close()
  }

  return { on, close }
}
