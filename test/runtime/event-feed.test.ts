import fc from 'fast-check'
import { assert, describe, it } from 'vitest'
import { memoryJournal } from '../../checkpointers/memory/journal.ts'
import { type EventFeed, eventFeed } from '../../runtime/event-feed.ts'
import { footprint } from '../../runtime/footprint.ts'
import { type AgentEvent, passes } from '../../state/events.ts'
import type { EventRows } from '../../state/journal.ts'
import { collected } from '../support/collected.ts'
import { appendEvents } from '../support/kept.ts'
import { anEvent } from '../support/records.ts'
import { refused } from '../support/refused.ts'

const CAPACITY = 4000
const THREADS = ['thread-1', 'thread-2']

const progress = (seq: number, size: number) =>
  anEvent(seq, { body: { type: 'tool.progress', toolCallId: 'call-1', text: 'x'.repeat(size) } })
const piece = (seq: number, text: string, threadId = 'thread-1') =>
  anEvent(seq, { threadId, body: { type: 'model.delta', text } })
const sizeOf = (events: readonly AgentEvent[]) => events.reduce((sum, event) => sum + footprint(event), 0)
const largestOf = (events: readonly AgentEvent[]) => Math.max(0, ...events.map(footprint))

/** The rows of a real journal, and what was read of them; some may be damaged. */
function rowsRead(damaged: readonly number[] = []): EventRows & { pages: AgentEvent[][] } {
  const { append, eventsOf, lastSeq, prunedTo } = memoryJournal()
  const pages: AgentEvent[][] = []
  return {
    pages,
    append,
    lastSeq,
    prunedTo,
    async eventsOf(rootThreadId, { after, limit }) {
      const more = await eventsOf(rootThreadId, { after, limit: limit + damaged.length })
      const page = more.filter(({ seq }) => !damaged.includes(seq)).slice(0, limit)
      pages.push(page)
      return page
    }
  }
}

/** What is emitted, and when it is kept, as a hub would do it. */
function emitting({ journal, feed, keptFirst }: { journal: EventRows; feed: EventFeed; keptFirst: boolean }) {
  const emitted: AgentEvent[] = []
  const unkept: AgentEvent[] = []
  const numbers = new Map<string, number>()
  let seq = 0
  const keep = async (count = unkept.length) => appendEvents(journal, unkept.splice(0, count))
  return {
    emitted,
    keep,
    async kept(make: (seq: number) => AgentEvent) {
      const made = make(++seq)
      const event = { ...made, threadSeq: (numbers.get(made.threadId) ?? 0) + 1 }
      numbers.set(event.threadId, event.threadSeq)
      emitted.push(event)
      unkept.push(event)
      if (keptFirst) await keep()
      feed.push(event)
    },
    passing(text: string, threadId: string) {
      if (seq === 0) return
      emitted.push(piece(seq, text, threadId))
      feed.push(emitted.at(-1)!)
    }
  }
}

/** Reads as many events as it is allowed to. */
function readerOf(feed: EventFeed) {
  const given: AgentEvent[] = []
  let allowed = 0
  let wake = () => {}
  const finished = (async () => {
    for await (const event of feed) {
      given.push(event)
      if (--allowed <= 0)
        await new Promise<void>((resolve) => {
          wake = resolve
        })
    }
  })()
  return {
    given,
    finished,
    allow(count: number) {
      allowed = Math.max(0, allowed) + count
      wake()
    }
  }
}

const turn = () => new Promise(setImmediate)
const kept = (events: readonly AgentEvent[]) => events.filter((event) => !passes(event))

/** What was said in each reply: from one `model.started` of a thread to its next. */
function textsOf(events: readonly AgentEvent[]): string[][] {
  return THREADS.map((threadId) => {
    const texts = ['']
    for (const event of events.filter((event) => event.threadId === threadId)) {
      if (event.type === 'model.started') texts.push('')
      if (event.type === 'model.delta') texts.push(texts.pop()! + event.text)
    }
    return texts
  })
}

const threadId = fc.constantFrom(...THREADS)
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('keep-worthy' as const), size: fc.nat(1500) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('keep-worthy' as const), size: fc.constant(CAPACITY) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('reply' as const), threadId }) },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('piece' as const), threadId, text: fc.string({ maxLength: 300 }) })
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('commit' as const), count: fc.nat(5) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('read' as const), count: fc.nat(6) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('turn' as const) }) }
)

describe('a feed', () => {
  it('gives every kept event once and in order, and of each reply its beginning, however pushes, keeping and reading mix', () =>
    fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 120, size: 'max' }), fc.boolean(), async (steps, keptFirst) => {
        const journal = rowsRead()
        const feed = eventFeed({ journal, rootThreadId: 'root', capacity: CAPACITY, every: often })
        const source = emitting({ journal, feed, keptFirst })
        const reader = readerOf(feed)
        for (const step of steps) {
          if (step.do === 'keep-worthy') await source.kept((seq) => progress(seq, step.size))
          if (step.do === 'reply')
            await source.kept((seq) => anEvent(seq, { threadId: step.threadId, body: { type: 'model.started' } }))
          if (step.do === 'piece') source.passing(step.text, step.threadId)
          if (step.do === 'commit') await source.keep(step.count)
          if (step.do === 'read') reader.allow(step.count)
          if (step.do === 'turn') await turn()
        }
        await source.keep()
        feed.end()
        reader.allow(Number.POSITIVE_INFINITY)
        await reader.finished

        assert.deepEqual(kept(reader.given), kept(source.emitted))
        const said = textsOf(source.emitted)
        for (const [at, texts] of textsOf(reader.given).entries())
          for (const [nth, text] of texts.entries()) assert.ok(said[at]![nth]!.startsWith(text), 'a beginning')
        const numbers = reader.given.map(({ seq }) => seq)
        assert.deepEqual(
          numbers,
          numbers.toSorted((a, b) => a - b),
          'pieces stand where they were said'
        )
      }),
      { numRuns: 200 }
    ))

  it('holds no more than its capacity, or one event: what it gives without the journal, and each page of that', () =>
    fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 120, size: 'max' }), fc.nat(40), async (steps, read) => {
        const journal = rowsRead()
        const feed = eventFeed({ journal, rootThreadId: 'root', capacity: CAPACITY, every: often })
        const source = emitting({ journal, feed, keptFirst: true })
        const reader = readerOf(feed)
        for (const [at, step] of steps.entries()) {
          if (step.do === 'keep-worthy') await source.kept((seq) => progress(seq, step.size))
          if (step.do === 'piece') source.passing(step.text, step.threadId)
          if (at === read) reader.allow(step.do === 'read' ? step.count : 1)
          if (at % 7 === 0) await turn()
        }
        await turn()
        const bound = Math.max(CAPACITY, largestOf(source.emitted))
        const before = { given: reader.given.length, pages: journal.pages.length }
        feed.end()
        while (journal.pages.length === before.pages && reader.given.length < source.emitted.length) {
          const had = reader.given.length
          reader.allow(1)
          await turn()
          if (reader.given.length === had) break
        }
        const fromMemory = reader.given.slice(before.given)
        if (journal.pages.length > before.pages) fromMemory.pop()
        assert.isAtMost(sizeOf(fromMemory), bound)
        for (const page of journal.pages) assert.isAtMost(sizeOf(page), bound)
        reader.allow(Number.POSITIVE_INFINITY)
        await reader.finished
      }),
      { numRuns: 150 }
    ))

  it('gives what is pushed at once to a reader that keeps pace, and asks the journal for nothing', async () => {
    const journal = rowsRead()
    const feed = eventFeed({ journal, rootThreadId: 'root', capacity: CAPACITY })
    const reading = collected(feed)
    const numbers = Array.from({ length: 20 }, (_, at) => at + 1)
    for (const seq of numbers) {
      await turn()
      feed.push(progress(seq, 500))
      feed.push(piece(seq, 'a'))
    }
    feed.end()
    assert.deepEqual(
      (await reading).map(({ type, seq }) => `${seq} ${type}`),
      numbers.flatMap((seq) => [`${seq} tool.progress`, `${seq} model.delta`])
    )
    assert.deepEqual(journal.pages, [])
  })

  it('gives pieces that wait as one, those of two threads apart', async () => {
    const feed = eventFeed({ journal: rowsRead(), rootThreadId: 'root' })
    for (const [text, threadId] of [
      ['once ', 'thread-1'],
      ['upon', 'thread-1'],
      ['mean', 'thread-2'],
      ['while', 'thread-2'],
      [' a time', 'thread-1']
    ] as const)
      feed.push(piece(1, text, threadId))
    feed.end()
    const given = await collected(feed)
    assert.deepEqual(
      given.map((event) => event.type === 'model.delta' && event.text),
      ['once upon', 'meanwhile', ' a time']
    )
  })

  it('leaves out what follows in a reply after a piece that did not fit, and gives the next reply again', async () => {
    const feed = eventFeed({ journal: rowsRead(), rootThreadId: 'root', capacity: CAPACITY })
    const events = feed[Symbol.asyncIterator]()
    const text = async () => {
      const { value } = await events.next()
      return value?.type === 'model.delta' && value.text
    }
    const long = 'x'.repeat(CAPACITY / 4)
    for (const each of ['a', long, long, 'b']) feed.push(piece(1, each))
    assert.equal(await text(), `a${long}`)
    feed.push(piece(1, 'c'))
    feed.push(anEvent(2, { body: { type: 'model.started' } }))
    feed.push(piece(2, 'd'))
    assert.equal((await events.next()).value?.type, 'model.started')
    assert.equal(await text(), 'd')
  })

  it('counts the small pieces that it joined', async () => {
    const feed = eventFeed({ journal: rowsRead(), rootThreadId: 'root', capacity: CAPACITY })
    for (let count = 0; count < CAPACITY; count++) feed.push(piece(1, 'x'))
    feed.end()
    assert.isAtMost(sizeOf(await collected(feed)), CAPACITY)
  })

  it('waits for an event that did not fit and is not kept yet, and gives it once it is', async () => {
    const journal = rowsRead()
    let look = () => {}
    const feed = eventFeed({
      journal,
      rootThreadId: 'root',
      capacity: 100,
      every: (_ms, work) => {
        look = work
        return () => {}
      }
    })
    const events = [1, 2, 3].map((seq) => progress(seq, 100))
    for (const event of events) feed.push(event)
    const { given, allow, finished } = readerOf(feed)
    allow(Number.POSITIVE_INFINITY)
    await turn()
    assert.deepEqual(given, events.slice(0, 1))
    await appendEvents(journal, events)
    look()
    await turn()
    assert.deepEqual(given, events)
    feed.end()
    await finished
  })

  it('takes an event that is damaged in the journal for one that will not come', async () => {
    const journal = rowsRead([2, 4])
    const feed = eventFeed({ journal, rootThreadId: 'root', capacity: 100 })
    const events = [1, 2, 3, 4].map((seq) => progress(seq, 100))
    await appendEvents(journal, events)
    for (const event of events) feed.push(event)
    feed.end()
    assert.deepEqual(
      (await collected(feed)).map(({ seq }) => seq),
      [1, 3]
    )
  })

  it('ends with EVENTS_PRUNED where what did not fit was pruned before it was read, and holds nothing afterwards', async () => {
    const journal = rowsRead()
    const feed = eventFeed({ journal, rootThreadId: 'root', capacity: 100 })
    const events = [1, 2, 3, 4, 5, 6].map((seq) => progress(seq, 100))
    await appendEvents(journal, events, { keep: 3 })
    for (const event of events) feed.push(event)
    const given: AgentEvent[] = []
    const reading = (async () => {
      for await (const event of feed) given.push(event)
    })()
    await refused(() => reading, 'EVENTS_PRUNED')
    assert.deepEqual(given, events.slice(0, 1))
    feed.push(progress(7, 100))
    assert.deepEqual(await collected(feed), [])
  })

  it('takes no notice of what was pruned after it was read', async () => {
    const journal = rowsRead()
    const feed = eventFeed({ journal, rootThreadId: 'root', capacity: 100 })
    const events = [1, 2, 3, 4, 5, 6].map((seq) => progress(seq, 100))
    await appendEvents(journal, events.slice(0, 3))
    for (const event of events.slice(0, 3)) feed.push(event)
    const { given, allow, finished } = readerOf(feed)
    allow(3)
    await turn()
    assert.deepEqual(given, events.slice(0, 3))
    await appendEvents(journal, events.slice(3), { keep: 3 })
    for (const event of events.slice(3)) feed.push(event)
    feed.end()
    allow(Number.POSITIVE_INFINITY)
    await finished
    assert.deepEqual(given, events)
  })

  it('gives what it read ahead of its being pushed once', async () => {
    const journal = rowsRead([2])
    const feed = eventFeed({ journal, rootThreadId: 'root', capacity: 6000 })
    const events = [progress(1, 2500), progress(2, 400), progress(3, 400), progress(4, 400)]
    await appendEvents(journal, events)
    const { given, allow, finished } = readerOf(feed)
    for (const event of events.slice(0, 3)) feed.push(event)
    allow(Number.POSITIVE_INFINITY)
    await turn()
    feed.push(events[3]!)
    feed.end()
    await finished
    assert.deepEqual(
      given.map(({ seq }) => seq),
      [1, 3, 4]
    )
  })

  it('loses nothing where a reader leaves in the middle and another goes on, also of a page of the journal', async () => {
    const journal = rowsRead()
    const feed = eventFeed({ journal, rootThreadId: 'root', capacity: CAPACITY })
    const events = Array.from({ length: 60 }, (_, at) => progress(at + 1, 100))
    await appendEvents(journal, events)
    for (const event of events) feed.push(event)
    feed.end()
    const given: AgentEvent[] = []
    while (given.length < events.length)
      for await (const event of feed) {
        given.push(event)
        if (given.length % 7 === 0) break
      }
    assert.deepEqual(given, events)
  })

  it('gives each event to one of two readers, and ends both', async () => {
    const feed = eventFeed({ journal: rowsRead(), rootThreadId: 'root' })
    const readers = [collected(feed), collected(feed)]
    for (const seq of [1, 2, 3, 4]) feed.push(progress(seq, 1))
    feed.end()
    const given = (await Promise.all(readers)).flat()
    assert.deepEqual(
      given.map(({ seq }) => seq).toSorted((a, b) => a - b),
      [1, 2, 3, 4]
    )
  })
})

/** As fast as the loop turns. */
function often(_ms: number, work: () => void): () => void {
  const timer = setInterval(work, 0)
  return () => clearInterval(timer)
}
