import { randomBytes } from 'node:crypto'
import type { BaseCheckpointSaver } from '@langchain/langgraph-checkpoint'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type OpenOptions, openStore } from '../../checkpointers/open.ts'
import type { Store } from '../../checkpointers/store.ts'
import { execute } from '../support/execute.ts'
import { appendEvents, writeRows } from '../support/kept.ts'
import { officialSaver } from '../support/official-savers.ts'
import { putValues } from '../support/put-values.ts'
import { aMark, anAsk, anEvent, aThread } from '../support/records.ts'
import type { StorePlace } from '../support/stores.ts'
import { TAMPERING } from '../support/tampering.ts'
import { workThrough, workUntilAsked } from '../support/worked.ts'
import { putAll } from './tampering.ts'

const LONG = 'a long text, '.repeat(50)
const KEYS = [
  ['', {}],
  [', encrypted', { encryptionKey: randomBytes(32).toString('hex') }]
] as const

async function countOf(saver: BaseCheckpointSaver): Promise<number> {
  let count = 0
  for await (const _ of saver.list({})) count += 1
  return count
}

/** What is said of a store as a whole. */
export function describeWholeStore(dialect: 'SQLite' | 'Postgres', makePlace: () => Promise<StorePlace>): void {
  async function opened(options: OpenOptions = {}) {
    const place = await makePlace()
    onTestFinished(place.remove)
    const store = await openStore(place.url, options)
    onTestFinished(store.close)
    return { url: place.url, store, whole: store.whole!, damage: (sql: string) => execute(place.url, sql) }
  }

  describe(`the counts of a store in ${dialect}`, () => {
    it('are none where there is nothing', async () => {
      const { whole } = await opened()
      const { bytes, ...counts } = await whole.stats()
      expect(counts).toEqual({
        encrypted: false,
        trees: 0,
        threads: 0,
        checkpoints: 0,
        elements: 0,
        writes: 0,
        events: 0,
        asks: { open: 0, closed: 0 },
        leftOver: 0,
        oldest: null,
        newest: null
      })
      expect(bytes.onDisk).toBeGreaterThan(0)
    })

    it.each(KEYS)('are those of what is there%s', async (_, options) => {
      const { store, whole } = await opened(options)
      const root = await workThrough(store)
      await workUntilAsked(store)
      const { bytes, ...counts } = await whole.stats()
      const threads = await store.journal.threadsOf(root)
      expect(counts).toMatchObject({
        encrypted: 'encryptionKey' in options,
        trees: 2,
        threads: 4,
        checkpoints: await countOf(store.saver),
        asks: { open: 1, closed: 1 },
        leftOver: 0,
        oldest: Math.min(...threads.map(({ createdAt }) => createdAt))
      })
      expect(counts.events).toBeGreaterThan(await store.journal.lastSeq(root))
      expect(counts.newest).toBeGreaterThanOrEqual(Math.max(...threads.map(({ updatedAt }) => updatedAt)))
      const sizes = new Map(bytes.tables.map((table) => [table.table, table.bytes]))
      for (const table of ['deputy_elements', 'deputy_checkpoints', 'deputy_writes', 'deputy_events'])
        expect(sizes.get(table)).toBeGreaterThan(0)
      expect(bytes.onDisk).toBeGreaterThanOrEqual([...sizes.values()].reduce((sum, size) => sum + size, 0))
    })

    it('tell what an official saver has left that was not taken over', async () => {
      const { url } = await opened()
      const { saver, close } = await officialSaver(url)
      const id = await putValues(saver, { text: LONG }).finally(close)
      const value = dialect === 'SQLite' ? "cast('{' as blob)" : '\'{"v": []}\''
      await execute(url, `update checkpoints set checkpoint = ${value} where checkpoint_id = '${id}'`)
      const again = await openStore(url)
      onTestFinished(again.close)
      expect(await again.whole!.stats()).toMatchObject({ checkpoints: 0, leftOver: 1 })
    })
  })

  describe(`verifying a store in ${dialect}`, () => {
    it.each(KEYS)('reads all of it, and finds nothing where nothing is wrong%s', async (_, options) => {
      const { store, whole } = await opened(options)
      await workThrough(store)
      await workUntilAsked(store)
      await store.saver.putWrites({ configurable: { thread_id: 't', checkpoint_id: 'none' } }, [['a', LONG]], 'task')
      const { checkpoints, elements, writes } = await whole.stats()
      const { checked, ...found } = await whole.verify()
      expect(checked).toMatchObject({ checkpoints, elements, writes })
      expect(checked.rows).toBeGreaterThan((await whole.stats()).events)
      expect(found).toEqual({ unreferenced: 0, orphans: 0, damaged: [] })
    })

    it.each(KEYS)('knows what long threads refer to, also by what they are packed with%s', async (_, options) => {
      const { store, whole } = await opened(options)
      let parent: string | undefined
      const words: { text: string }[] = []
      for (let nth = 0; nth < 200; nth++) {
        words.push({ text: `${LONG} ${nth}` })
        parent = await putValues(store.saver, { words: [...words], nth }, { parent })
      }
      const { checked, ...found } = await whole.verify()
      expect(checked).toMatchObject({ checkpoints: 200 })
      expect(found).toEqual({ unreferenced: 0, orphans: 0, damaged: [] })
    })

    for (const [how, options] of KEYS)
      it.each(TAMPERING[dialect])(
        `names a checkpoint of which somebody changed $what${how}`,
        async ({ names, sql }) => {
          const { store, whole, damage } = await opened(options)
          const [first, second, third] = await putAll(store.saver)
          await damage(sql(second!))
          const { damaged, checked } = await whole.verify()
          expect(damaged).toContainEqual(
            expect.stringMatching(new RegExp(`deputy_checkpoints "t" "" "${second}": .*${names}`))
          )
          for (const good of [first, third]) expect(damaged.join()).not.toContain(good)
          expect(checked.checkpoints).toBe(4)
        }
      )

    it('names an element that nothing needs, where it is damaged', async () => {
      const { store, whole, damage } = await opened()
      await putValues(store.saver, { text: LONG })
      await damage('delete from deputy_checkpoints')
      expect(await whole.verify()).toMatchObject({ unreferenced: 1, damaged: [], checked: { checkpoints: 0 } })
      await damage('update deputy_elements set body = substr(body, 1, length(body) - 1)')
      const { damaged } = await whole.verify()
      expect(damaged).toEqual([expect.stringMatching('deputy_elements part 1: .*does not match.* "t" ""')])
    })

    it('names a pending write whose checkpoint is not there, where it is damaged', async () => {
      const { store, whole, damage } = await opened()
      await store.saver.putWrites({ configurable: { thread_id: 't', checkpoint_id: 'none' } }, [['a', 1]], 'task')
      await damage("update deputy_writes set channel = 'b'")
      const { damaged, checked } = await whole.verify()
      expect(checked.writes).toBe(1)
      expect(damaged).toEqual([expect.stringMatching('deputy_writes "task" 0: .*does not match.* "t" ""')])
    })

    it('tells what is gone: elements, lists, events and roots', async () => {
      const { store, whole, damage } = await opened()
      const { saver, journal } = store
      await putValues(saver, { text: LONG, other: `${LONG} other` })
      await putValues(saver, { text: LONG }, { threadId: 'gone' })
      await journal.saveThread(aThread('child'))
      await appendEvents(journal, [anEvent(1), anEvent(2), anEvent(3), anEvent(4)])
      await damage("delete from deputy_lists where thread_id = 'gone'")
      await damage('delete from deputy_elements where id % 2 = 1 and id / 16777216 in (select id from deputy_lists)')
      await damage('delete from deputy_events where seq = 3')
      const { damaged } = await whole.verify()
      for (const words of [
        'deputy_lists "t" "": 1 of its elements are gone',
        'deputy_checkpoints of list .*: the list is gone',
        'deputy_elements of list .*: the list is gone',
        'deputy_threads "child": its root "root" is gone',
        'deputy_events "root": of 4 events behind number 0 there are 3'
      ])
        expect(damaged).toContainEqual(expect.stringMatching(words))
    })

    it('takes what was pruned or deleted for what it is', async () => {
      const { store, whole, damage } = await opened()
      const { saver, journal } = store
      await journal.openAsk({ ask: anAsk('a'), rootThreadId: 'root', at: 1 })
      const body = { type: 'ask.opened', toolCallId: 'call-1', ask: anAsk('a') } as const
      await appendEvents(journal, [anEvent(1, { body }), anEvent(2), anEvent(3), anEvent(4)], { keep: 2 })
      expect(await journal.prunedTo('root')).toBe(2)
      const parent = await putValues(saver, { text: LONG })
      await putValues(saver, { text: 'short' }, { parent })
      await damage('delete from deputy_checkpoints where parent_id is null')
      await damage('delete from deputy_elements')
      await damage('update deputy_lists set epoch = epoch + 1')
      expect(await whole.verify()).toMatchObject({ orphans: 1, unreferenced: 0, damaged: [] })
    })

    it('names a damaged row of the journal of any kind', async () => {
      const { store, whole, damage } = await opened()
      const { journal } = store
      await journal.saveThread(aThread('root'))
      await journal.openAsk({ ask: anAsk('a'), rootThreadId: 'root', at: 1 })
      await writeRows(journal, { kind: 'checkpoint', mark: aMark('c') })
      await journal.put({ threadId: 't', toolCallId: 'c', text: 'words' })
      expect((await whole.verify()).damaged).toEqual([])
      await damage("update deputy_threads set status = 'lost'")
      await damage("update deputy_asks set ask = '{', status = 'withdrawn'")
      await damage("update deputy_marks set nodes = '7'")
      await damage("update deputy_outputs set text = 'no json'")
      const { damaged } = await whole.verify()
      const names = [
        'deputy_threads "root"',
        'deputy_asks "a"',
        'deputy_marks "thread-1" "c"',
        'deputy_outputs "t" "c"'
      ]
      expect(damaged).toHaveLength(names.length)
      for (const name of names) expect(damaged).toContainEqual(expect.stringContaining(`${name}: `))
    })
  })
}

/** All that a journal tells of a tree, without what the database numbers. */
export async function journalOf({ journal }: Store, root: string): Promise<unknown> {
  const threads = await journal.threadsOf(root)
  const marks = await journal.checkpoints(root, { limit: 9999, first: 'oldest' })
  const events = await journal.eventsOf(root, { after: 0, limit: 9999 })
  const opened = events.flatMap((event) => (event.type === 'ask.opened' ? [event.ask.id] : []))
  return {
    threads,
    asks: (await journal.asks(opened)).toSorted((a, b) => (a.ask.id < b.ask.id ? -1 : 1)),
    events,
    marks: marks.map(({ place: _, ...mark }) => mark),
    prunedTo: await journal.prunedTo(root),
    letters: await journal.letters(root),
    effects: await journal.effectsOf(root),
    unknown: await journal.unknownCalls({ rootThreadId: root }),
    grants: await journal.grantsOf(root),
    usage: (await journal.usageOf(root)).toSorted((a, b) => (a.threadId < b.threadId ? -1 : 1)),
    caps: await journal.caps(root),
    labels: await journal.labelsOf(root),
    branch: await journal.branchOf(root),
    repeats: await journal.repeatsIn(root),
    lease: await journal.lease(root)
  }
}
