import { randomBytes } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { AIMessage } from '@langchain/core/messages'
import { interrupt, MemorySaver, MessagesAnnotation, START, StateGraph } from '@langchain/langgraph'
import type { BaseCheckpointSaver, CheckpointTuple } from '@langchain/langgraph-checkpoint'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type OpenOptions, openStore } from '../../checkpointers/open.ts'
import { execute } from '../support/execute.ts'
import { officialSaver } from '../support/official-savers.ts'
import { writeSealedRows } from '../support/sealed-rows.ts'
import type { StorePlace } from '../support/stores.ts'

const LONG = 'a long text, '.repeat(50)

/** A graph whose turns leave all kinds of checkpoints: tasks, an interrupt with its resume, a failed task, a fork. */
function talk(checkpointer: BaseCheckpointSaver) {
  return new StateGraph(MessagesAnnotation)
    .addNode('think', ({ messages }) => ({ messages: [new AIMessage(`${LONG} ${messages.length}`)] }))
    .addNode('ask', ({ messages }) => {
      if (messages.length % 4 === 0) interrupt('go on?')
      return {}
    })
    .addEdge(START, 'think')
    .addEdge('think', 'ask')
    .compile({ checkpointer })
}

async function talkOn(saver: BaseCheckpointSaver, { threadId, turns }: { threadId: string; turns: number }) {
  const config = { configurable: { thread_id: threadId } }
  for (let turn = 0; turn < turns; turn++)
    await talk(saver).invoke({ messages: [{ role: 'user', content: `${LONG} ${turn}` }] }, config)
}

async function tuplesOf(saver: BaseCheckpointSaver, threadId: string): Promise<CheckpointTuple[]> {
  const tuples: CheckpointTuple[] = []
  for await (const tuple of saver.list({ configurable: { thread_id: threadId } })) tuples.push(tuple)
  return tuples
}

/** Without the order of writes of different tasks, which the official saver does not say. */
function comparable({ checkpoint, metadata, parentConfig, pendingWrites = [] }: CheckpointTuple) {
  const parent = parentConfig?.configurable?.checkpoint_id
  return { checkpoint, metadata, parent, writes: pendingWrites.toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)) }
}

/** Without the channels that have no version, which Postgres does not keep. */
function versioned({ checkpoint, ...tuple }: CheckpointTuple): CheckpointTuple {
  const { channel_values: values, channel_versions: versions } = checkpoint
  const kept = Object.entries(values).filter(([channel]) => Object.hasOwn(versions, channel))
  return { ...tuple, checkpoint: { ...checkpoint, channel_values: Object.fromEntries(kept) } }
}

/** What a store makes of the checkpoints that an official saver has left in its database. */
export function describeTakingOver(dialect: 'SQLite' | 'Postgres', makePlace: () => Promise<StorePlace>): void {
  describe(`checkpoints of the official saver in ${dialect}`, () => {
    async function freshUrl() {
      const place = await makePlace()
      onTestFinished(place.remove)
      return place.url
    }
    async function open(url: string, options: OpenOptions = {}) {
      const store = await openStore(url, options)
      onTestFinished(store.close)
      return store
    }
    /** Lends an official saver, and gives what `work` made of it. */
    async function officially<T>(url: string, work: (saver: BaseCheckpointSaver) => Promise<T>): Promise<T> {
      const { saver, close } = await officialSaver(url)
      return work(saver).finally(close)
    }

    it('are all there, and equal, when the store is opened, and no longer in the old tables', async () => {
      const url = await freshUrl()
      const before = await officially(url, async (saver) => {
        await talkOn(saver, { threadId: 'a', turns: 6 })
        await talkOn(saver, { threadId: 'b', turns: 2 })
        return [await tuplesOf(saver, 'a'), await tuplesOf(saver, 'b')] as const
      })
      const { saver, journal } = await open(url)
      for (const [at, threadId] of ['a', 'b'].entries()) {
        const after = await tuplesOf(saver, threadId)
        expect(after.map(({ checkpoint }) => checkpoint.id)).toEqual(before[at]!.map(({ checkpoint }) => checkpoint.id))
        for (const [index, tuple] of after.entries())
          expect(isDeepStrictEqual(comparable(tuple), comparable(before[at]![index]!))).toBe(true)
      }
      expect(journal.damaged()).toEqual([])
      expect(await officially(url, (official) => tuplesOf(official, 'a'))).toEqual([])
    })

    it('are gone on with, and forked from', async () => {
      const url = await freshUrl()
      const old = await officially(url, async (saver) => {
        await talkOn(saver, { threadId: 'a', turns: 3 })
        return tuplesOf(saver, 'a')
      })
      const { saver } = await open(url)
      await talkOn(saver, { threadId: 'a', turns: 2 })
      const graph = talk(saver)
      const { values } = await graph.getState({ configurable: { thread_id: 'a' } })
      expect(values.messages).toHaveLength(10)
      await graph.invoke({ messages: ['another way'] }, old[4]!.config)
      const history = await tuplesOf(saver, 'a')
      expect(history.map(({ checkpoint }) => checkpoint.id)).toEqual(
        expect.arrayContaining(old.map(({ checkpoint }) => checkpoint.id))
      )
    })

    it('are taken over when the store is opened again, where they came later', async () => {
      const url = await freshUrl()
      const ours = await openStore(url)
      await talkOn(ours.saver, { threadId: 'a', turns: 1 })
      await ours.close()
      const theirs = await officially(url, async (saver) => {
        await talkOn(saver, { threadId: 'a', turns: 1 })
        return tuplesOf(saver, 'a')
      })
      const { saver } = await open(url)
      const found = await tuplesOf(saver, 'a')
      expect(found).toHaveLength(2 * theirs.length)
      expect(comparable(found[0]!)).toEqual(comparable(theirs[0]!))
    })

    it('stay where they are where they are damaged, by name, and hide no other', async () => {
      const url = await freshUrl()
      const old = await officially(url, async (saver) => {
        await talkOn(saver, { threadId: 'a', turns: 2 })
        return tuplesOf(saver, 'a')
      })
      const bad = old[2]!.checkpoint.id
      const damage = dialect === 'SQLite' ? "cast('{' as blob)" : '\'{"v": [], "channel_versions": 7}\''
      await execute(url, `update checkpoints set checkpoint = ${damage} where checkpoint_id = '${bad}'`)
      const { saver, journal } = await open(url)
      expect(await tuplesOf(saver, 'a')).toHaveLength(old.length - 1)
      expect(journal.damaged()).toEqual([expect.stringContaining(`checkpoints "a" "" "${bad}"`)])
      const again = await open(url)
      expect(again.journal.damaged()).toEqual(journal.damaged())
      expect(await tuplesOf(again.saver, 'a')).toHaveLength(old.length - 1)
    })

    it('are not taken over by a store with a key: nobody sealed them', async () => {
      const url = await freshUrl()
      await officially(url, (saver) => talkOn(saver, { threadId: 'a', turns: 1 }))
      const key = randomBytes(32).toString('hex')
      const keyed = await openStore(url, { key })
      expect(await tuplesOf(keyed.saver, 'a')).toEqual([])
      expect(keyed.journal.damaged()).toContainEqual(expect.stringMatching(/checkpoints "a".*without the key/))
      await keyed.close()
      const { saver } = await open(url, { key: '' })
      expect((await tuplesOf(saver, 'a')).length).toBeGreaterThan(0)
    })

    const KEY = randomBytes(32).toString('hex')
    const OTHER_KEY = randomBytes(32).toString('hex')

    describe('that an earlier Deputy has sealed in its tables', () => {
      /** Threads of an earlier Deputy, and what was in them. */
      async function left(url: string, key: string): Promise<CheckpointTuple[]> {
        const memory = new MemorySaver()
        await talkOn(memory, { threadId: 'a', turns: 6 })
        const tuples = (await tuplesOf(memory, 'a')).map(versioned)
        await writeSealedRows(url, { tuples, key })
        return tuples
      }

      it.each([
        ['without a key', ''],
        ['with a key', KEY]
      ])('come over equal, %s', async (_, key) => {
        const url = await freshUrl()
        const before = await left(url, key)
        const { saver, journal } = await open(url, { key })
        expect(journal.damaged()).toEqual([])
        const after = await tuplesOf(saver, 'a')
        expect(after.map(({ checkpoint }) => checkpoint.id)).toEqual(before.map(({ checkpoint }) => checkpoint.id))
        for (const [at, tuple] of after.entries())
          expect(isDeepStrictEqual(comparable(tuple), comparable(before[at]!))).toBe(true)
        await talkOn(saver, { threadId: 'a', turns: 1 })
        const again = await open(url, { key })
        expect((await tuplesOf(again.saver, 'a')).length).toBeGreaterThan(before.length)
        expect(again.journal.damaged()).toEqual([])
      })

      it.each([
        ['with another key', KEY, OTHER_KEY, 'another key'],
        ['with a key, and there is none', KEY, '', 'DEPUTY_STORE_KEY'],
        ['without a key, and there is one', '', KEY, 'without the key']
      ])('stay where they are, by name, where that was %s', async (_, sealedWith, key, words) => {
        const url = await freshUrl()
        const before = await left(url, sealedWith)
        const refused = await openStore(url, { key })
        expect(await tuplesOf(refused.saver, 'a')).toEqual([])
        expect(refused.journal.damaged()).toHaveLength(before.length)
        for (const name of refused.journal.damaged()) expect(name).toMatch(new RegExp(`checkpoints "a" "" .*${words}`))
        await refused.close()
        const { saver, journal } = await open(url, { key: sealedWith })
        expect((await tuplesOf(saver, 'a')).map(comparable)).toEqual(before.map(comparable))
        expect(journal.damaged()).toEqual([])
      })

      it('stay where they are, by name, where they were changed, and hide no other', async () => {
        const url = await freshUrl()
        const before = await left(url, KEY)
        const [bad, other] = [before[2]!.checkpoint.id, before[5]!.checkpoint.id]
        const taken = `(select c.checkpoint from checkpoints c where c.checkpoint_id = '${other}')`
        await execute(url, `update checkpoints set checkpoint = ${taken} where checkpoint_id = '${bad}'`)
        const { saver, journal } = await open(url, { key: KEY })
        expect(await tuplesOf(saver, 'a')).toHaveLength(before.length - 1)
        expect(journal.damaged()).toEqual([expect.stringMatching(`checkpoints "a" "" "${bad}".*does not match`)])
      })
    })

    it('come over once where several open the store at the same time', async () => {
      const url = await freshUrl()
      const old = await officially(url, async (saver) => {
        await talkOn(saver, { threadId: 'a', turns: 2 })
        return tuplesOf(saver, 'a')
      })
      const stores = await Promise.all([1, 2, 3].map(() => open(url)))
      for (const { saver, journal } of stores) {
        expect((await tuplesOf(saver, 'a')).map(comparable)).toEqual(old.map(comparable))
        expect(journal.damaged()).toEqual([])
      }
    })
  })
}
