// What a live reader of a tree has not read yet.
//
// F1. Every event that is numbered of its own is given exactly once, in order, however slow the reader. What does not fit
//     into memory is read again from the journal; where it is not kept there yet, it is waited for. Where it was pruned
//     meanwhile, the reader ends with EVENTS_PRUNED.
// F2. Pieces of a reply are never kept. Adjacent ones of its text, or of a call, are given as one; where one does not fit, it
//     and the rest of that reply are left out: `model.finished` has all of it.
// F3. What is held never takes more than `capacity`, or than one event where that is larger. Whoever pushes never waits.
import { type AgentEvent, passes } from '../state/events.ts'
import type { EventRows } from '../state/journal.ts'
import { bell } from './bell.ts'
import { footprint } from './footprint.ts'
import { readingOf } from './history/events.ts'
import { type Every, every, POLL_MS } from './pace.ts'

export interface EventFeed extends AsyncIterable<AgentEvent> {
  /** Takes the next event of the tree. The journal has it already, or will have it. */
  push(event: AgentEvent): void
  /** Nothing more comes, and the journal has all that it will have: iterating ends once all is read. */
  end(): void
}

export interface FeedParts {
  readonly journal: Pick<EventRows, 'eventsOf' | 'prunedTo'>
  readonly rootThreadId: string
  /** About how many bytes may wait in memory. */
  readonly capacity?: number
  /** What looks into an idle journal are paced by. */
  readonly every?: Every
}

interface Waiting {
  event: AgentEvent
  bytes: number
}

/** The events with numbers above `after`, up to `to`: they did not fit. */
interface Gap {
  after: number
  to: number
  /** Bytes of the largest of them. */
  largest: number
}

const CAPACITY = 4 * 1024 * 1024
/** However small they are. */
const PAGE = 500

export function eventFeed(parts: FeedParts): EventFeed {
  const { journal, rootThreadId, capacity = CAPACITY } = parts
  const queue: Waiting[] = []
  const cut = new Set<string>()
  const changes = bell()
  let held = 0
  let gap: Gap | undefined
  let readAgain = 0
  let ended = false

  function push(event: AgentEvent): void {
    if (passes(event)) pushPiece(event)
    else pushKept(event)
    changes.ring()
  }

  function pushKept(event: AgentEvent): void {
    if (event.type === 'model.started') cut.delete(event.threadId)
    const { seq } = event
    if (seq <= readAgain) return
    const bytes = footprint(event)
    if (gap) gap = { ...gap, to: seq, largest: Math.max(gap.largest, bytes) }
    else if (fits(bytes)) hold({ event, bytes })
    else gap = { after: seq - 1, to: seq, largest: bytes }
  }

  function pushPiece(event: AgentEvent): void {
    if (cut.has(event.threadId)) return
    const bytes = footprint(event)
    if (gap || !fits(bytes)) cut.add(event.threadId)
    else if (!joined(event, bytes)) hold({ event, bytes })
  }

  const fits = (bytes: number) => queue.length === 0 || held + bytes <= capacity

  function hold(waiting: Waiting): void {
    queue.push(waiting)
    held += waiting.bytes
  }

  /** Onto the end of the piece that waits before it, if it is of the same text. */
  function joined(event: AgentEvent, bytes: number): boolean {
    const last = queue.at(-1)
    const longer = last && longerText(last.event, event)
    if (!last || !longer) return false
    last.event = longer
    last.bytes += bytes
    held += bytes
    return true
  }

  async function* all(): AsyncGenerator<AgentEvent, void> {
    while (true) {
      const changed = changes.next()
      const next = queue.shift()
      if (next) {
        held -= next.bytes
        yield next.event
      } else if (gap) yield* closed(gap)
      else if (ended) return
      else await changed
    }
  }

  /** The gap may grow while it is read. Whoever comes to its end goes on with what is pushed from then on. */
  async function* closed({ after }: Gap): AsyncGenerator<AgentEvent, void> {
    const reading = readingOf(rootThreadId, { journal, after, fromWhatIsKept: false })
    while (gap && after < gap.to) {
      const changed = changes.next()
      const last = ended
      const limit = Math.min(PAGE, gap.to - after, Math.max(1, Math.floor(capacity / gap.largest)))
      const page = await reading.next(limit)
      for (const event of page) {
        after = readAgain = event.seq
        yield event
      }
      if (page.length > 0) continue
      if (last) break
      await soon(changed)
    }
    gap = undefined
  }

  /** Nobody is told when an event is kept. */
  async function soon(changed: Promise<void>): Promise<void> {
    const stop = (parts.every ?? every)(POLL_MS, changes.ring)
    await changed
    stop()
  }

  const events = all()
  return {
    push,
    end() {
      ended = true
      changes.ring()
    },
    // One iteration, whoever asks: what one reader left is there for the next.
    [Symbol.asyncIterator]: () => ({ next: () => events.next() })
  }
}

/** Two pieces as one, where the second goes on with the first. */
function longerText(before: AgentEvent, event: AgentEvent): AgentEvent | undefined {
  if (before.threadId !== event.threadId || before.runId !== event.runId) return undefined
  if (before.type === 'model.delta' && event.type === 'model.delta')
    return { ...before, text: before.text + event.text }
  if (before.type === 'call.delta' && event.type === 'call.delta' && before.toolCallId === event.toolCallId)
    return { ...before, text: before.text + event.text }
  return undefined
}
