import { HumanMessage } from '@langchain/core/messages'
import {
  Annotation,
  Command,
  interrupt,
  MessagesDeltaValue,
  START,
  StateGraph,
  StateSchema
} from '@langchain/langgraph'
import { type BaseCheckpointSaver, MemorySaver, uuid6 } from '@langchain/langgraph-checkpoint'
import fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import { openStore } from '../../checkpointers/open.ts'
import type { PrunableSaver } from '../../checkpointers/prunable.ts'
import { serializer } from '../../checkpointers/serializer.ts'
import { bytesStored } from '../support/bytes-stored.ts'
import { execute } from '../support/execute.ts'
import { putValues } from '../support/put-values.ts'
import { rowsOf } from '../support/rows-of.ts'
import type { StorePlace } from '../support/stores.ts'

const LONG = 'a long text, '.repeat(50)
const threadT = { configurable: { thread_id: 't' } }
const at = (id: string) => ({ configurable: { thread_id: 't', checkpoint_ns: '', checkpoint_id: id } })

type Dialect = 'memory' | 'SQLite' | 'Postgres'

/** Has every deletion of an element refused. */
const REFUSE: Record<'SQLite' | 'Postgres', string> = {
  SQLite: "create trigger refused before delete on deputy_elements begin select raise(abort, 'refused'); end",
  Postgres: `
    create function refused() returns trigger language plpgsql as $$ begin raise exception 'refused'; end $$;
    create trigger refused before delete on deputy_elements for each row execute function refused()
  `
}
const ALLOW: Record<'SQLite' | 'Postgres', string> = {
  SQLite: 'drop trigger refused',
  Postgres: 'drop trigger refused on deputy_elements; drop function refused()'
}

async function idsIn(saver: BaseCheckpointSaver, threadId = 't'): Promise<string[]> {
  const ids: string[] = []
  for await (const { checkpoint } of saver.list({ configurable: { thread_id: threadId } })) ids.push(checkpoint.id)
  return ids
}

async function valuesOf(saver: BaseCheckpointSaver, id?: string): Promise<unknown> {
  const tuple = await saver.getTuple(id === undefined ? threadT : at(id))
  return tuple?.checkpoint.channel_values
}

const drop = (saver: PrunableSaver, ids: readonly string[]) => saver.prune('t', { dropped: new Set(ids) })

/** What every saver must do that lets checkpoints go. */
export function describePruning(dialect: Dialect, makePlace: () => Promise<StorePlace>): void {
  const isDurable = dialect !== 'memory'

  async function placed() {
    const { url, remove } = await makePlace()
    onTestFinished(remove)
    const open = async () => {
      const store = await openStore(url)
      onTestFinished(store.close)
      return store
    }
    const store = await open()
    return { url, open, store, saver: store.saver }
  }

  /** A conversation: each checkpoint has all messages of the one before, and one of its own. */
  async function talked(saver: BaseCheckpointSaver, turns: number, { parent }: { parent?: string } = {}) {
    const ids: string[] = []
    let messages = ((parent && (await valuesOf(saver, parent))) || { messages: [] }) as { messages: HumanMessage[] }
    for (let turn = 0; turn < turns; turn++) {
      messages = { messages: [...messages.messages, new HumanMessage({ id: uuid6(0), content: `${turn} ${LONG}` })] }
      ids.push(await putValues(saver, { ...messages, turn: `turn ${turn} ${LONG}` }, { parent: ids.at(-1) ?? parent }))
    }
    return ids
  }

  describe(`checkpoints that go, in ${dialect}`, () => {
    it('are gone with their writes, and those that stay are as they were', async () => {
      const { saver, open } = await placed()
      const ids = await talked(saver, 6)
      for (const id of ids) await saver.putWrites(at(id), [['a', LONG + id]], 'task')
      const before = await Promise.all(ids.map((id) => saver.getTuple(at(id))))
      expect(await drop(saver, [ids[0]!, ids[2]!, ids[3]!])).toMatchObject({ checkpoints: 3, writes: 3 })
      for (const by of isDurable ? [saver, (await open()).saver] : [saver]) {
        expect(await idsIn(by)).toEqual([ids[5], ids[4], ids[1]])
        for (const kept of [1, 4, 5]) expect(await by.getTuple(at(ids[kept]!))).toEqual(before[kept])
        expect(await by.getTuple(at(ids[2]!))).toBeUndefined()
      }
    })

    it('are told of and stay where it is only looked at', async () => {
      const { saver, store, url } = await placed()
      const ids = await talked(saver, 4)
      const before = await rowsOf(store, { url })
      const told = await saver.prune('t', { dropped: new Set(ids.slice(0, 3)), dryRun: true })
      expect(await rowsOf(store, { url })).toEqual(before)
      expect(await drop(saver, ids.slice(0, 3))).toEqual(told)
    })

    it('do not go where they have a label', async () => {
      const { saver, store } = await placed()
      const ids = await talked(saver, 3)
      await store.journal.label({
        rootThreadId: 't',
        name: 'mine',
        threadId: 't',
        checkpointId: ids[0]!,
        labelledAt: 1
      })
      expect(await drop(saver, ids.slice(0, 2))).toMatchObject({ checkpoints: 1 })
      expect(await saver.prune('t', { dropped: 'all' })).toMatchObject({ checkpoints: 0 })
      expect(await idsIn(saver)).toEqual([ids[2], ids[0]])
    })

    it('do not go where a channel of deltas is read from them', async () => {
      const { saver } = await placed()
      const graph = new StateGraph(new StateSchema({ messages: MessagesDeltaValue }))
        .addNode('reply', ({ messages }) => ({ messages: [new HumanMessage(`${LONG} ${messages.length}`)] }))
        .addEdge(START, 'reply')
        .compile({ checkpointer: saver })
      for (let turn = 0; turn < 4; turn++) await graph.invoke({ messages: [{ role: 'user', content: 'hi' }] }, threadT)
      const { values } = await graph.getState(threadT)
      const [last, ...others] = await idsIn(saver)
      await drop(saver, others)
      expect((await graph.getState(threadT)).values).toEqual(values)
      expect((await idsIn(saver))[0]).toBe(last)
    })

    it('take along what subgraphs kept below them, and leave what waits for a decision', async () => {
      const { saver } = await placed()
      const State = Annotation.Root({
        words: Annotation<string[]>({ reducer: (a, b) => [...a, ...b], default: () => [] })
      })
      const below = new StateGraph(State)
        .addNode('wonder', () => ({ words: [`well ${LONG}`] }))
        .addNode('ask', () => ({ words: [String(interrupt('may I?'))] }))
        .addEdge(START, 'wonder')
        .addEdge('wonder', 'ask')
        .compile()
      const graph = new StateGraph(State)
        .addNode('below', below)
        .addEdge(START, 'below')
        .compile({ checkpointer: saver })
      await graph.invoke({ words: ['one'] }, threadT)
      await graph.invoke(new Command({ resume: 'yes' }), threadT)
      await graph.invoke({ words: ['two'] }, threadT)
      const [last, ...others] = await idsInRoot(saver)
      await drop(saver, others)
      expect(await idsInRoot(saver)).toEqual([last])
      const left = await idsIn(saver)
      expect(left.length).toBeGreaterThan(1)
      expect(left.length).toBeLessThan(5)
      const { words } = await graph.invoke(new Command({ resume: 'no' }), threadT)
      expect(words.slice(-2)).toEqual([`well ${LONG}`, 'no'])
    })

    it('change nothing that is read of the others, whatever is put, written and let go, in any order', {
      timeout: 300_000
    }, async () => {
      const { saver, open } = await placed()
      const text = fc.constantFrom(LONG, LONG.toUpperCase(), 'short', `${LONG}!`)
      const step = fc.oneof(
        {
          weight: 5,
          arbitrary: fc.record({ do: fc.constant('put' as const), from: fc.nat(20), keep: fc.nat(70), text })
        },
        { weight: 2, arbitrary: fc.record({ do: fc.constant('write' as const), to: fc.nat(20), text }) },
        { weight: 2, arbitrary: fc.record({ do: fc.constant('drop' as const), which: fc.array(fc.nat(20)) }) },
        { weight: 1, arbitrary: fc.record({ do: fc.constant('reopen' as const) }) }
      )
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 25 }), async (steps) => {
          const copy = new MemorySaver(serializer())
          let by = saver
          const kept: string[] = []
          for (const each of steps) {
            const pick = (nth: number) => kept[nth % Math.max(1, kept.length)]
            if (each.do === 'reopen' && isDurable) by = (await open()).saver
            if (each.do === 'put') {
              const parent = kept.length > 0 ? pick(each.from) : undefined
              const had = parent && ((await valuesOf(copy, parent)) as { list: unknown[] }).list
              const list = [...(had || []).slice(0, each.keep), { text: each.text }, each.text]
              const id = await putValues(by, { list, text: each.text }, { parent })
              await putValues(copy, { list, text: each.text }, { parent, id })
              kept.push(id)
            }
            if (each.do === 'write' && kept.length > 0)
              for (const into of [by, copy])
                await into.putWrites(at(pick(each.to)!), [['a', { text: each.text }]], `task ${kept.length}`)
            if (each.do === 'drop' && kept.length > 1) {
              const going = new Set(each.which.map((nth) => pick(nth)!))
              if (going.size === kept.length) going.delete(kept.at(-1)!)
              await drop(by, [...going])
              kept.splice(0, kept.length, ...kept.filter((id) => !going.has(id)))
            }
          }
          for (const reader of isDurable ? [by, (await open()).saver] : [by])
            for (const id of kept) {
              const [ours, theirs] = [await reader.getTuple(at(id)), await copy.getTuple(at(id))]
              expect(ours?.checkpoint.channel_values).toEqual(theirs?.checkpoint.channel_values)
              expect(ours?.pendingWrites).toEqual(theirs?.pendingWrites)
            }
          await saver.deleteThread('t')
        }),
        { numRuns: 30 }
      )
    })
  })

  describe(`a thread that was deleted, in ${dialect}`, () => {
    it('stays deleted where somebody puts, or writes, who comes too late', async () => {
      const { saver, open } = await placed()
      const [first] = await talked(saver, 1)
      const late = isDurable ? (await open()).saver : saver
      await late.getTuple(threadT)
      await saver.deleteThread('t')
      const cold = isDurable ? (await open()).saver : saver
      for (const by of [saver, late, cold]) {
        await expect(putValues(by, { a: LONG }, { parent: first })).rejects.toMatchObject({ code: 'THREAD_DELETED' })
        const writing = by.putWrites(at(first!), [['a', LONG]], 'task')
        await expect(writing).rejects.toMatchObject({ code: 'THREAD_DELETED' })
      }
      expect(await idsIn(cold)).toEqual([])
    })

    it('is one again where it is begun anew, and gone on with then', async () => {
      const { saver, open } = await placed()
      await talked(saver, 2)
      const other = isDurable ? (await open()).saver : saver
      await other.getTuple(threadT)
      await saver.deleteThread('t')
      const ids = await talked(other, 3)
      await other.putWrites(at(ids[2]!), [['a', LONG]], 'task')
      expect(await idsIn(saver)).toEqual(ids.toReversed())
    })
  })

  if (dialect === 'memory') return

  describe(`elements of checkpoints that go, in ${dialect}`, () => {
    it('go as well, but not where a checkpoint, a write or a fork still refers to them', async () => {
      const { saver, open, url } = await placed()
      const ids = await talked(saver, 20)
      const forked = await talked(saver, 2, { parent: ids[9]! })
      await saver.putWrites(at(ids[19]!), [['a', { text: LONG.toUpperCase() }]], 'task')
      const before = await bytesStored(url)
      const values = await Promise.all([ids[19]!, ...forked].map((id) => valuesOf(saver, id)))
      const { elements } = await drop(saver, ids.slice(0, 19))
      expect(elements).toBeGreaterThan(15)
      expect(await bytesStored(url)).toBeLessThan(before)
      const cold = (await open()).saver
      for (const [nth, id] of [ids[19]!, ...forked].entries()) expect(await valuesOf(cold, id)).toEqual(values[nth])
      expect((await cold.getTuple(at(ids[19]!)))?.pendingWrites).toEqual([['task', 'a', { text: LONG.toUpperCase() }]])
    })

    it('are all there where the transaction fails in the middle', async () => {
      const { saver, store, url } = await placed()
      const ids = await talked(saver, 5)
      const before = await rowsOf(store, { url })
      await execute(url, REFUSE[dialect])
      await expect(drop(saver, ids.slice(0, 4))).rejects.toThrow('refused')
      await execute(url, ALLOW[dialect])
      expect(await rowsOf(store, { url })).toEqual(before)
      expect(await drop(saver, ids.slice(0, 4))).toMatchObject({ checkpoints: 4 })
    })

    it('stay where a checkpoint that stays is damaged: nobody knows what it refers to', async () => {
      const { saver, open, url } = await placed()
      const ids = await talked(saver, 5)
      await execute(
        url,
        'update deputy_checkpoints set body = null where checkpoint_id = (select max(checkpoint_id) from deputy_checkpoints)'
      )
      expect(await drop(saver, ids.slice(0, 2))).toMatchObject({ checkpoints: 2, elements: 0 })
      expect(await valuesOf((await open()).saver, ids[3])).toBeDefined()
    })

    it('are referred to by nobody who had read them before, and what he puts still shares with what stayed', async () => {
      const { saver, open, url } = await placed()
      const ids = await talked(saver, 30)
      const other = (await open()).saver
      for (const id of ids) await other.getTuple(at(id))
      await drop(saver, ids.slice(0, 29))
      const pruned = await bytesStored(url)
      const { messages, turn } = (await valuesOf(other, ids[29])) as { messages: HumanMessage[]; turn: string }
      const texts = { again: `turn 0 ${LONG}`, messages, turn }
      const next = await putValues(other, texts, { parent: ids[29]! })
      expect(await valuesOf((await open()).saver, next)).toEqual(texts)
      expect((await bytesStored(url)) - pruned).toBeLessThan(3 * LONG.length)
    })

    it('are read, or known to be gone, by whoever reads while they go', async () => {
      const { saver, open } = await placed()
      const ids = await talked(saver, 40)
      const reader = await open()
      const pruning = (async () => {
        for (let to = 1; to < 40; to += 3)
          await drop(
            saver,
            ids.slice(to - 1, to + 2).filter((id) => id !== ids[39])
          )
      })()
      const read = ids.map(async (id) => ((await reader.saver.getTuple(at(id))) ? 1 : 0))
      await Promise.all([pruning, ...read])
      expect(await idsIn(reader.saver)).toEqual([ids[39]])
      expect(reader.journal.damaged()).toEqual([])
    })

    it('are let go while others write, on this store and on another, and every checkpoint is whole', {
      timeout: 120_000
    }, async () => {
      const { saver, open } = await placed()
      const [first] = await talked(saver, 1)
      const writers = [saver, (await open()).saver, (await open()).saver]
      let writing = writers.length
      const heads = writers.map(() => first!)
      const written = writers.map(async (by, nth) => {
        for (let turn = 0; turn < 12; turn++) {
          const [id] = await talked(by, 1, { parent: heads[nth]! })
          heads[nth] = id!
          await by.putWrites(at(id!), [['a', { text: `${turn} ${LONG}` }]], 'task')
        }
        writing -= 1
      })
      const pruner = (await open()).saver
      while (writing > 0) {
        await new Promise(setImmediate)
        const old = (await idsIn(pruner)).slice(6).filter((_, nth) => nth % 3 > 0)
        await drop(
          pruner,
          old.filter((id) => !heads.includes(id))
        )
      }
      await Promise.all(written)
      const cold = (await open()).saver
      for (const id of heads) {
        const { messages } = (await valuesOf(cold, id)) as { messages: HumanMessage[] }
        expect(messages).toHaveLength(13)
        expect((await cold.getTuple(at(id)))?.pendingWrites).toEqual([['task', 'a', { text: `11 ${LONG}` }]])
      }
    })
  })
}

async function idsInRoot(saver: BaseCheckpointSaver): Promise<string[]> {
  const ids: string[] = []
  for await (const { checkpoint } of saver.list({ configurable: { thread_id: 't', checkpoint_ns: '' } }))
    ids.push(checkpoint.id)
  return ids
}
