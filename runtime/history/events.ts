// R1. A reader that goes on from a number misses nothing behind it without being told: what it would miss was pruned, and it
//     ends with EVENTS_PRUNED.
// R2. A reader that begins at the beginning begins with what is kept: asks that are still open, then all behind a number.
import { setTimeout as sleep } from 'node:timers/promises'
import { RuntimeError } from '../../state/errors.ts'
import type { AgentEvent } from '../../state/events.ts'
import type { EventRows } from '../../state/journal.ts'
import { POLL_MS } from '../pace.ts'

export interface ReadingParts {
  readonly journal: Pick<EventRows, 'eventsOf' | 'prunedTo'>
  /** The number of the last event that the reader knows; by `threadSeq` where it reads one thread. */
  readonly after?: number | undefined
  /** Reads the events of this thread alone. */
  readonly threadId?: string | undefined
  /** Whether it takes what is kept, whatever is gone. By default only where it knows of none. */
  readonly fromWhatIsKept?: boolean
}

export interface Reading {
  /** The next events. @throws RuntimeError EVENTS_PRUNED */
  next(limit: number): Promise<AgentEvent[]>
}

/** Reads a tree, or one thread of it, from the journal. */
export function readingOf(rootThreadId: string, parts: ReadingParts): Reading {
  const { journal, threadId, after = 0, fromWhatIsKept = after === 0 } = parts
  const numberOf = ({ seq, threadSeq }: AgentEvent) => (threadId === undefined ? seq : threadSeq)
  let seen = after
  /** What was gone when it began. */
  let begun = 0
  let hasRead = false

  /** None is missing within it, or before it. Of a tree the last event is always kept. */
  function isWhole(page: readonly AgentEvent[]): boolean {
    if (page.length === 0) return threadId === undefined
    return page.every((event, index) => numberOf(event) === seen + 1 + index)
  }

  async function next(limit: number): Promise<AgentEvent[]> {
    const page = await journal.eventsOf(rootThreadId, { after: seen, limit, threadId })
    const gone = isWhole(page) ? 0 : await journal.prunedTo(rootThreadId, { threadId })
    if (gone > Math.max(seen, begun)) {
      if (hasRead || !fromWhatIsKept) throw eventsPruned({ rootThreadId, threadId, gone, seen })
      begun = gone
      return next(limit)
    }
    const last = page.at(-1)
    if (last) seen = numberOf(last)
    hasRead ||= last !== undefined
    return page
  }

  return { next }
}

const PAGE = 500

/** A page at a time from the journal, and what comes later as it is kept: no reader can hold up a run, or lose an event. */
export async function* eventsOf(
  rootThreadId: string,
  { signal, ...parts }: ReadingParts & { signal?: AbortSignal }
): AsyncGenerator<AgentEvent> {
  const reading = readingOf(rootThreadId, parts)
  while (!signal?.aborted) {
    const page = await reading.next(PAGE)
    yield* page
    if (page.length === PAGE) continue
    if (!signal) return
    await sleep(POLL_MS, undefined, { signal }).catch(() => {})
  }
}

function eventsPruned(at: {
  rootThreadId: string
  threadId: string | undefined
  gone: number
  seen: number
}): RuntimeError {
  const { rootThreadId, threadId, gone, seen } = at
  const whose = threadId === undefined ? `the tree of thread ${rootThreadId}` : `thread ${threadId}`
  return new RuntimeError(
    'EVENTS_PRUNED',
    `events behind number ${seen} of ${whose} are gone, the first that is kept is ${gone + 1}: read after ${gone}, or from the beginning of what is kept`
  )
}
