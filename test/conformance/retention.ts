import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readingOf } from '../../runtime/history/events.ts'
import type { AgentEvent } from '../../state/events.ts'
import type { Entry, Journal } from '../../state/journal.ts'
import { appendEvents } from '../support/kept.ts'
import { anAsk, anEvent, aThread } from '../support/records.ts'

const APPROVAL = { decision: { kind: 'approve', scope: 'once' }, by: { kind: 'person' }, at: 9 } as const
const THREADS = ['a', 'b', 'c']
const ALL = { after: 0, limit: 1000 }

const seqs = (events: readonly AgentEvent[]) => events.map(({ seq }) => seq)

/** An ask with the event that opens it. */
function opening(id: string, { threadId = 'a', rootThreadId = 'root' } = {}): Entry {
  const ask = anAsk(id, { threadId })
  const event = { at: 1, path: 'lead', threadId, rootThreadId, runId: 'run-1' }
  return {
    row: { kind: 'ask', ask, rootThreadId, at: 1 },
    event: { ...event, type: 'ask.opened', toolCallId: 'call-1', ask }
  }
}

/** What every journal must do with the events of a tree that grows without end. */
export function describeRetention(opened: () => Journal): void {
  describe('events of which the newest are kept', () => {
    const numbered = (from: number, to: number, threadId = 'a') =>
      Array.from({ length: to - from + 1 }, (_, index) => anEvent(from + index, { threadId }))
    const open = (id: string, { after, keep }: { after: number; keep: number }) =>
      opened().append([opening(id)], { rootThreadId: 'root', after, keep })

    it('stay as many as are to be kept, and the others are known to be gone', async () => {
      const journal = opened()
      await appendEvents(journal, numbered(1, 4), { keep: 5 })
      await appendEvents(journal, numbered(5, 5), { keep: 5 })
      expect(await journal.prunedTo('root')).toBe(0)
      await appendEvents(journal, numbered(6, 8, 'b'), { keep: 5 })
      expect(seqs(await journal.eventsOf('root', ALL))).toEqual([4, 5, 6, 7, 8])
      expect(await journal.prunedTo('root')).toBe(3)
      expect(await journal.prunedTo('root', { threadId: 'a' })).toBe(3)
      expect(await journal.prunedTo('root', { threadId: 'b' })).toBe(0)
      expect(await journal.prunedTo('elsewhere')).toBe(0)
    })

    it('are of one tree: others keep theirs', async () => {
      const journal = opened()
      for (const rootThreadId of ['other', 'root'])
        await appendEvents(
          journal,
          numbered(1, 8).map((event) => ({ ...event, rootThreadId })),
          rootThreadId === 'root' ? { keep: 2 } : {}
        )
      expect(seqs(await journal.eventsOf('other', ALL))).toHaveLength(8)
      expect(seqs(await journal.eventsOf('root', ALL))).toEqual([7, 8])
    })

    it('go a hundredth at a time', async () => {
      const journal = opened()
      await appendEvents(journal, numbered(1, 500), { keep: 500 })
      const left = []
      for (let seq = 501; seq <= 510; seq++) {
        await appendEvents(journal, numbered(seq, seq), { keep: 500 })
        left.push((await journal.eventsOf('root', ALL)).length)
      }
      expect(left).toEqual([501, 502, 503, 504, 500, 501, 502, 503, 504, 500])
    })

    it('number a thread on whose events are all gone', async () => {
      const journal = opened()
      await appendEvents(journal, numbered(1, 3, 'a'), { keep: 2 })
      await appendEvents(journal, numbered(4, 8, 'b'), { keep: 2 })
      expect(await journal.eventsOf('root', { ...ALL, threadId: 'a' })).toEqual([])
      const [again] = await appendEvents(journal, numbered(9, 9, 'a'), { keep: 2 })
      expect(again).toMatchObject({ seq: 9, threadSeq: 4 })
      expect(await journal.prunedTo('root', { threadId: 'a' })).toBe(3)
    })

    it('stay where they open an ask, as long as it is open', async () => {
      const journal = opened()
      await open('first', { after: 0, keep: 3 })
      await open('second', { after: 1, keep: 3 })
      await appendEvents(journal, numbered(3, 9), { keep: 3 })
      expect(seqs(await journal.eventsOf('root', ALL))).toEqual([1, 2, 7, 8, 9])
      await journal.decideAsk('first', APPROVAL)
      await appendEvents(journal, numbered(10, 10), { keep: 3 })
      expect(seqs(await journal.eventsOf('root', ALL))).toEqual([2, 8, 9, 10])
      await journal.withdrawAsks(['a'])
      await appendEvents(journal, numbered(11, 11), { keep: 3 })
      expect(seqs(await journal.eventsOf('root', ALL))).toEqual([9, 10, 11])
      expect(await journal.prunedTo('root')).toBe(8)
      const [next] = await appendEvents(journal, numbered(12, 12), { keep: 3 })
      expect(next).toMatchObject({ threadSeq: 12 })
    })

    it('are all there where what was appended is refused', async () => {
      const journal = opened()
      await appendEvents(journal, numbered(1, 4))
      await expect(appendEvents(journal, numbered(4, 9), { keep: 1 })).rejects.toMatchObject({ code: 'LEASE_LOST' })
      expect(seqs(await journal.eventsOf('root', ALL))).toEqual([1, 2, 3, 4])
      expect(await journal.prunedTo('root')).toBe(0)
    })

    it('go also where rows were written with the events, and stay where only rows were', async () => {
      const journal = opened()
      await appendEvents(journal, numbered(1, 4))
      const status = { row: { kind: 'thread', thread: aThread('t') } } as const
      await journal.append([status], { rootThreadId: 'root', after: 4, keep: 2 })
      expect(seqs(await journal.eventsOf('root', ALL))).toEqual([1, 2, 3, 4])
      await journal.append([status, opening('x')], { rootThreadId: 'root', after: 4, keep: 2 })
      expect(seqs(await journal.eventsOf('root', ALL))).toEqual([4, 5])
    })

    it('are given to a reader without a gap that it is not told of, and open asks always, whatever happens', async () => {
      const journal = opened()
      let trees = 0
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 40 }), fc.integer({ min: 1, max: 8 }), async (steps, keep) => {
          const tree = treeIn(journal, { rootThreadId: `tree ${++trees}`, keep })
          for (const each of steps) await tree.take(each)
          await tree.look()
        }),
        { numRuns: 40 }
      )
    })
  })
}

const threadId = fc.constantFrom(...THREADS)
const step = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('append' as const), threadId, count: fc.integer({ min: 1, max: 4 }) })
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('open' as const), threadId }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('decide' as const), nth: fc.nat(9) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('withdraw' as const), threadId }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('begin' as const), threadId: fc.option(threadId) }) },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('read' as const), nth: fc.nat(3), limit: fc.integer({ min: 1, max: 5 }) })
  }
)
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

/** A tree with its readers, and what must be true of them. */
function treeIn(journal: Journal, { rootThreadId, keep }: { rootThreadId: string; keep: number }) {
  /** All that ever was. */
  const all: AgentEvent[] = []
  const openIds = new Set<string>()
  const readers: Reader[] = []
  const numbersOf = (thread: string) => all.filter((event) => event.threadId === thread).length

  async function append(entries: Entry[]): Promise<void> {
    await journal.append(entries, { rootThreadId, after: all.length, keep })
    for (const { event } of entries)
      all.push({ ...event!, seq: all.length + 1, threadSeq: numbersOf(event!.threadId) + 1 })
  }

  async function take(given: Step): Promise<void> {
    if (given.do === 'append') {
      const { seq: _, threadSeq: _threadSeq, ...event } = anEvent(1, { rootThreadId, threadId: given.threadId })
      await append(Array.from({ length: given.count }, () => ({ event })))
    }
    if (given.do === 'open') {
      const id = `${rootThreadId} ask ${all.length}`
      await append([opening(id, { threadId: given.threadId, rootThreadId })])
      openIds.add(id)
    }
    if (given.do === 'decide') {
      const id = [...openIds][given.nth]
      if (id && (await journal.decideAsk(id, APPROVAL))) openIds.delete(id)
    }
    if (given.do === 'withdraw') {
      const ids = all.flatMap((event) =>
        event.type === 'ask.opened' && event.threadId === given.threadId ? [event.ask.id] : []
      )
      await withdraw(ids)
    }
    if (given.do === 'begin') readers.push(readerOf(given.threadId ?? undefined))
    if (given.do === 'read') await readers[given.nth]?.read(given.limit)
  }

  /** Of this tree alone: the threads of all have the same names. */
  async function withdraw(ids: readonly string[]): Promise<void> {
    for (const id of ids) if (openIds.has(id) && (await journal.decideAsk(id, APPROVAL))) openIds.delete(id)
  }

  function readerOf(threadId: string | undefined): Reader {
    const reading = readingOf(rootThreadId, { journal, threadId })
    const own = () => all.filter((event) => threadId === undefined || event.threadId === threadId)
    const numberOf = ({ seq, threadSeq }: AgentEvent) => (threadId === undefined ? seq : threadSeq)
    const given: AgentEvent[] = []
    let atFirst = 0
    let ended = false
    return {
      async read(limit) {
        if (ended) return false
        const before = given.length
        try {
          given.push(...(await reading.next(limit)))
        } catch (error) {
          expect(error).toMatchObject({ code: 'EVENTS_PRUNED' })
          const gone = await journal.prunedTo(rootThreadId, { threadId })
          expect((error as Error).message).toContain(`the first that is kept is ${gone + 1}`)
          ended = true
          return false
        }
        if (before === 0) atFirst = await journal.prunedTo(rootThreadId, { threadId })
        const known = new Map(own().map((event) => [numberOf(event), event]))
        for (const event of given) expect(event).toEqual(known.get(numberOf(event)))
        const numbers = given.map(numberOf)
        expect(numbers).toEqual([...new Set(numbers)].toSorted((a, b) => a - b))
        const whole = numbers.filter((number) => number > atFirst)
        expect(whole).toEqual(whole.map((_, index) => atFirst + index + 1))
        return given.length > before
      }
    }
  }

  async function look(): Promise<void> {
    for (const threadId of [undefined, ...THREADS]) readers.push(readerOf(threadId))
    for (const reader of readers) while (await reader.read(3));
    const kept = await journal.eventsOf(rootThreadId, ALL)
    const opens = kept.flatMap((event) => (event.type === 'ask.opened' ? [event.ask.id] : []))
    for (const id of openIds) expect(opens).toContain(id)
    expect(kept.filter(({ seq }) => seq > all.length - keep)).toEqual(all.slice(-keep))
    const old = kept.filter(({ seq }) => seq <= all.length - keep)
    expect(old.every(({ type }) => type === 'ask.opened')).toBe(true)
    expect(await journal.lastSeq(rootThreadId)).toBe(all.length)
  }

  return { take, look }
}

interface Reader {
  /** False where nothing was given. */
  read(limit: number): Promise<boolean>
}
