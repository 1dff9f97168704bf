import { isDeepStrictEqual } from 'node:util'
import { AIMessage, type BaseMessage, HumanMessage, RemoveMessage, ToolMessage } from '@langchain/core/messages'
import {
  Annotation,
  MessagesAnnotation,
  MessagesDeltaValue,
  MessagesValue,
  Send,
  START,
  StateGraph,
  StateSchema
} from '@langchain/langgraph'
import { type BaseCheckpointSaver, type CheckpointTuple, DeltaSnapshot, uuid6 } from '@langchain/langgraph-checkpoint'
import { describe, expect, it, onTestFinished } from 'vitest'
import { openStore } from '../../checkpointers/open.ts'
import { serializer } from '../../checkpointers/serializer.ts'
import { bytesStored } from '../support/bytes-stored.ts'
import { execute } from '../support/execute.ts'
import { putValues } from '../support/put-values.ts'
import { aThread } from '../support/records.ts'
import type { StorePlace } from '../support/stores.ts'

const LONG = 'a long text, '.repeat(50)
const ROOM = 2 ** 24
const serde = serializer()
/** What comes back of a value, as it is now. */
const kept = (value: unknown) => serde.load({ type: 'deputy', data: serde.dump(value) })
const threadT = { configurable: { thread_id: 't' } }

interface Dialect {
  /** Has every new row of the table refused. */
  readonly refuse: (table: string) => string
  readonly allow: (table: string) => string
}

const DIALECTS: Record<'SQLite' | 'Postgres', Dialect> = {
  SQLite: {
    refuse: (table) => `create trigger refused before insert on ${table} begin select raise(abort, 'refused'); end`,
    allow: () => 'drop trigger refused'
  },
  Postgres: {
    refuse: (table) => `alter table ${table} add constraint refused check (body is null) not valid`,
    allow: (table) => `alter table ${table} drop constraint refused`
  }
}

async function valuesOf(saver: BaseCheckpointSaver, checkpointId?: string): Promise<Record<string, unknown>> {
  const at = checkpointId === undefined ? {} : { checkpoint_id: checkpointId }
  const tuple = await saver.getTuple({ configurable: { thread_id: 't', ...at } })
  return tuple!.checkpoint.channel_values
}

async function tuplesOf(saver: BaseCheckpointSaver, options = {}): Promise<CheckpointTuple[]> {
  const tuples: CheckpointTuple[] = []
  for await (const tuple of saver.list(threadT, options)) tuples.push(tuple)
  return tuples
}

/** What every saver whose checkpoints share what did not change must get right all the same. */
export function describeSharing(dialect: 'SQLite' | 'Postgres', makePlace: () => Promise<StorePlace>): void {
  const { refuse, allow } = DIALECTS[dialect]

  describe(`checkpoints that share in ${dialect}`, () => {
    async function place() {
      const { url, remove } = await makePlace()
      onTestFinished(remove)
      /** A store that knows nothing of what others put but what is in the database. */
      const open = async () => {
        const store = await openStore(url)
        onTestFinished(store.close)
        return store
      }
      return { url, open, saver: (await open()).saver }
    }

    describe('what was changed in place', () => {
      it('keeps the ids that a reducer gives to messages after their task has written them', async () => {
        const { saver, open } = await place()
        const graph = new StateGraph(MessagesAnnotation)
          .addNode('act', () => ({ messages: [new ToolMessage({ content: LONG, tool_call_id: 'c' })] }))
          .addEdge(START, 'act')
          .compile({ checkpointer: saver })
        const { messages } = await graph.invoke({ messages: [{ role: 'user', content: LONG }] }, threadT)
        const ids = messages.map(({ id }) => id)
        expect(ids.every(Boolean)).toBe(true)
        const found = (await valuesOf((await open()).saver)).messages as BaseMessage[]
        expect(found.map(({ id }) => id)).toEqual(ids)
      })

      it('is stored with the next checkpoint where a node has changed it, and not in those before', async () => {
        const { saver, open } = await place()
        const message = new HumanMessage({ id: 'h', content: 'before', additional_kwargs: { note: { a: 1 } } })
        const first = await putValues(saver, { messages: [message], files: { a: { text: LONG } } })
        const read = (await valuesOf(saver)) as { messages: HumanMessage[]; files: Record<string, { text: string }> }
        read.messages[0]!.content = 'after'
        ;(read.messages[0]!.additional_kwargs.note as { a: number }).a = 2
        read.files.a!.text = 'after'
        await putValues(saver, read, { parent: first })
        for (const by of [saver, (await open()).saver]) {
          const now = (await valuesOf(by)) as typeof read
          expect(now.messages[0]).toMatchObject({ content: 'after', additional_kwargs: { note: { a: 2 } } })
          expect(now.files).toEqual({ a: { text: 'after' } })
          const then = (await valuesOf(by, first)) as typeof read
          expect(then.messages[0]).toMatchObject({ content: 'before', additional_kwargs: { note: { a: 1 } } })
          expect(then.files).toEqual({ a: { text: LONG } })
        }
      })

      it('is stored where a reducer extends the list that it was given', async () => {
        const { saver, open } = await place()
        const State = Annotation.Root({
          words: Annotation<string[]>({
            reducer: (all, more) => {
              all.push(...more)
              return all
            },
            default: () => []
          })
        })
        const graph = new StateGraph(State)
          .addNode('say', ({ words }) => ({ words: [`${LONG} ${words.length}`] }))
          .addEdge(START, 'say')
          .compile({ checkpointer: saver })
        for (let turn = 0; turn < 3; turn++) await graph.invoke({ words: ['hello'] }, threadT)
        const found = (await valuesOf((await open()).saver)).words
        expect(found).toEqual((await valuesOf(saver)).words)
        expect(found).toHaveLength(6)
      })

      it('by whom it was put changes nothing that was put, also before it is written', async () => {
        const { saver, open } = await place()
        const value = { list: [{ text: LONG }], map: new Map([['a', [1]]]), message: new AIMessage({ content: 'a' }) }
        const putting = putValues(saver, value)
        const before = kept(value)
        value.list[0]!.text = 'changed'
        value.list.push({ text: 'more' })
        value.map.get('a')!.push(2)
        value.message.content = 'changed'
        const id = await putting
        const config = { configurable: { thread_id: 't', checkpoint_ns: '', checkpoint_id: id } }
        const write = { a: [1] }
        const writing = saver.putWrites(config, [['list', write]], 'task')
        write.a.push(2)
        await writing
        for (const by of [saver, (await open()).saver]) {
          expect(await valuesOf(by)).toEqual(before)
          expect((await by.getTuple(config))?.pendingWrites).toEqual([['task', 'list', { a: [1] }]])
        }
      })

      it('by one reader is not seen by another', async () => {
        const { saver } = await place()
        const value = {
          messages: [new AIMessage({ id: 'a', content: [{ type: 'text', text: 'a' }] })],
          set: new Set([{ a: 1 }]),
          bytes: new Uint8Array([1]),
          plain: { deep: { er: [1] } },
          snapshot: new DeltaSnapshot([1])
        }
        const id = await putValues(saver, value)
        const config = { configurable: { thread_id: 't', checkpoint_ns: '', checkpoint_id: id } }
        await saver.putWrites(config, [['plain', { deep: [1] }]], 'task')
        const before = kept(value)
        const spoil = (tuple: CheckpointTuple) => {
          const values = tuple.checkpoint.channel_values as typeof value
          ;(values.messages[0]!.content as { text: string }[])[0]!.text = 'spoilt'
          values.messages[0]!.id = 'spoilt'
          values.messages.push(new AIMessage('spoilt'))
          for (const member of values.set) member.a = 2
          values.bytes[0] = 2
          values.plain.deep.er.push(2)
          ;(values.snapshot.value as number[]).push(2)
          tuple.checkpoint.channel_versions.more = 7
          Object.assign(tuple.metadata!, { source: 'spoilt' })
          ;(tuple.pendingWrites![0]![2] as { deep: number[] }).deep.push(2)
        }
        for (let read = 0; read < 2; read++) spoil((await saver.getTuple(config))!)
        for (const tuple of await tuplesOf(saver)) spoil(tuple)
        const found = (await saver.getTuple(config))!
        expect(found.checkpoint.channel_values).toEqual(before)
        expect(found.checkpoint.channel_versions).not.toHaveProperty('more')
        expect(found.metadata?.source).toBe('loop')
        expect(found.pendingWrites).toEqual([['task', 'plain', { deep: [1] }]])
      })
    })

    describe('what is put', () => {
      const hostile = [
        { $deputy: 'at', of: 1 },
        { $deputy: 'members', of: [1, 1000] },
        { $deputy: 'members', of: [1, 300_000_000] },
        { $deputy: 'node', of: [2 ** 53, 2 ** 53] },
        { $deputy: 'node', of: 1 },
        { $deputy: 'list', of: [{ $deputy: 'members', of: [1, 2] }] },
        { $deputy: 'record', of: [['a', 1]] },
        { $deputy: 'entries', of: [] },
        { $deputy: 'plain', of: { $deputy: 'at', of: 1 } },
        [['a', { $deputy: 'at', of: 1 }]],
        { lc_kwargs: '', content: [LONG], lc_namespace: ['langchain_core', 'messages'] },
        '{"$deputy":"at","of":1}'.repeat(20)
      ]

      it('comes back as it was where it looks like a reference', async () => {
        const { saver, open } = await place()
        await putValues(saver, { long: [LONG, LONG.toUpperCase()] })
        const values = {
          ...Object.fromEntries(hostile.map((value, at) => [`c${at}`, value])),
          list: hostile,
          record: { hostile, ...Object.fromEntries(hostile.map((value, at) => [LONG + at, value])) },
          $deputy: 'at',
          of: 1
        }
        await putValues(saver, values)
        for (const by of [saver, (await open()).saver]) expect(await valuesOf(by)).toStrictEqual(values)
      })

      it('comes back as the serializer gives it back, of every type', async () => {
        const { saver, open } = await place()
        const values = {
          undefined: undefined,
          null: null,
          number: 1.5,
          list: [undefined, null, Number.NaN, [[]], {}],
          empty: [],
          map: new Map<unknown, unknown>([['a', new Set([1, LONG])]]),
          date: new Date(0),
          bytes: new Uint8Array([0, 255]),
          error: new TypeError(LONG),
          pattern: /a\/b/giu,
          big: 2n ** 70n,
          send: [new Send('act', { text: LONG, message: new HumanMessage(LONG) })],
          snapshot: new DeltaSnapshot([new HumanMessage(LONG)]),
          functions: { f: () => 1, list: [() => 1] },
          long: LONG,
          half: `${LONG}\ud800`,
          nul: `${LONG}\0`,
          __proto__key: JSON.parse(`{"__proto__":{"a":"${LONG}"},"constructor":1}`),
          mixed: [new AIMessage(LONG), 'a', { b: LONG }, new RemoveMessage({ id: 'x' })],
          many: Object.fromEntries(Array.from({ length: 300 }, (_, at) => [`key ${at}`, { at }]))
        }
        const expected = kept(values)
        await putValues(saver, values)
        for (const by of [saver, (await open()).saver]) expect(await valuesOf(by)).toEqual(expected)
        const circle: Record<string, unknown> = { first: { a: 1 } }
        circle.self = circle
        const circularList: unknown[] = [1]
        circularList.push(circularList, { in: circularList })
        await putValues(saver, { circle, circularList })
        expect(await valuesOf(saver)).toEqual({ circle: kept(circle), circularList: kept(circularList) })
      })

      it('comes back where it is large, and is stored once', async () => {
        const { saver, open, url } = await place()
        const text = Array.from({ length: 500_000 }, (_, at) => `${at} ${(at * 7919) % 1_000_003}`).join(' ')
        const bytes = Uint8Array.from({ length: 10_000_000 }, (_, at) => (at * 31) % 251)
        const values = { text, bytes, in: { a: { list: [text] } } }
        const first = await putValues(saver, values)
        const stored = await bytesStored(url)
        await saver.putWrites(
          { configurable: { thread_id: 't', checkpoint_ns: '', checkpoint_id: first } },
          [['text', { again: text }]],
          'task'
        )
        await putValues(saver, { ...values, turn: 2 }, { parent: first })
        expect(await bytesStored(url)).toBeLessThan(stored * 1.01)
        const found = await (await open()).saver.getTuple(threadT)
        expect(isDeepStrictEqual(found?.checkpoint.channel_values, { ...values, turn: 2 })).toBe(true)
      })

      it('is committed when it has been awaited', async () => {
        const { saver, open } = await place()
        const other = await open()
        const id = await putValues(saver, { a: LONG })
        expect(await valuesOf(other.saver, id)).toEqual({ a: LONG })
      })

      it('is committed also where it comes while another transaction is under way', async () => {
        const { saver, open } = await place()
        const putting: Promise<string>[] = []
        for (let turn = 0; turn < 60; turn++) {
          putting.push(putValues(saver, { turn }, { threadId: `${turn % 4}` }))
          await new Promise((resolve) => setImmediate(resolve))
        }
        await Promise.all(putting)
        const last = await putValues(saver, { turn: 'last' })
        expect(await valuesOf((await open()).saver, last)).toEqual({ turn: 'last' })
      })

      it('comes back in the order in which the tasks stood, whatever their ids', async () => {
        const { saver } = await place()
        const id = await putValues(saver, {})
        const config = { configurable: { thread_id: 't', checkpoint_ns: '', checkpoint_id: id } }
        await saver.putWrites(config, [['a', 'third']], 'x', '~b')
        await saver.putWrites(config, [['a', 'second']], 'z', '~a')
        await saver.putWrites(config, [['a', 'first']], 'y')
        const { pendingWrites } = (await saver.getTuple(config))!
        expect(pendingWrites!.map(([, , value]) => value)).toEqual(['first', 'second', 'third'])
      })

      it('may be writes of a checkpoint that comes later', async () => {
        const { saver, open } = await place()
        const id = uuid6(1)
        const config = { configurable: { thread_id: 't', checkpoint_ns: '', checkpoint_id: id } }
        await saver.putWrites(config, [['a', LONG]], 'task')
        expect(await saver.getTuple(config)).toBeUndefined()
        await putValues(saver, { a: 1 }, { id })
        for (const by of [saver, (await open()).saver])
          expect((await by.getTuple(config))?.pendingWrites).toEqual([['task', 'a', LONG]])
      })
    })

    describe('on disk', () => {
      it('an append costs what is appended, however long the list is', async () => {
        const { saver, url } = await place()
        const messages = Array.from({ length: 400 }, (_, at) => new HumanMessage({ id: `h${at}`, content: LONG + at }))
        const small = Array.from({ length: 3000 }, (_, at) => ({ at }))
        let parent = await putValues(saver, { messages, small })
        const stored = await bytesStored(url)
        for (let turn = 0; turn < 20; turn++) {
          messages.push(new HumanMessage({ id: `more ${turn}`, content: `${LONG} more ${turn}` }))
          small.push({ at: -turn })
          parent = await putValues(saver, { messages, small }, { parent })
        }
        expect(await bytesStored(url)).toBeLessThan(stored + 20 * (LONG.length + 2000))
      })

      it('a member of an object costs what it is, however many there are', async () => {
        const { saver, url, open } = await place()
        const files: Record<string, object> = {}
        for (let at = 0; at < 200; at++) files[`/src/${at}.ts`] = { content: [LONG + at, `${at} ${LONG}`], at }
        let parent = await putValues(saver, { files })
        const stored = await bytesStored(url)
        for (let turn = 0; turn < 10; turn++) {
          files[`/src/${turn * 19}.ts`] = { content: ['short', turn] }
          parent = await putValues(saver, { files }, { parent })
        }
        expect(await bytesStored(url)).toBeLessThan(stored + 10 * 6000)
        expect(await valuesOf((await open()).saver)).toEqual({ files })
      })

      it('a text that is written, put and put again is stored once', async () => {
        const { saver, url } = await place()
        const text = Array.from({ length: 3000 }, (_, at) => String.fromCharCode(33 + ((at * 7919) % 90))).join('')
        const first = await putValues(saver, { __start__: { messages: [{ role: 'user', content: text }] } })
        const config = { configurable: { thread_id: 't', checkpoint_ns: '', checkpoint_id: first } }
        await saver.putWrites(config, [['messages', [new HumanMessage(text)]]], 'task')
        await putValues(saver, { messages: [new HumanMessage({ content: text, id: 'h' })] }, { parent: first })
        expect(await bytesStored(url)).toBeLessThan(text.length * 2)
      })
    })

    describe('of several writers', () => {
      it('at once on a thread, all checkpoints are whole', async () => {
        const { open } = await place()
        const savers = await Promise.all([1, 2, 3].map(async () => (await open()).saver))
        const root = await putValues(savers[0]!, { messages: [new HumanMessage({ id: 'r', content: LONG })] })
        const line = async (saver: BaseCheckpointSaver, name: string) => {
          let parent = root
          const ids: string[] = []
          for (let step = 0; step < 8; step++) {
            const { messages } = (await valuesOf(saver, parent)) as { messages: BaseMessage[] }
            messages.push(new AIMessage({ id: `${name} ${step}`, content: `${LONG} ${name} ${step}` }))
            parent = await putValues(saver, { messages }, { parent })
            ids.push(parent)
          }
          return ids
        }
        const lines = await Promise.all(savers.map((saver, at) => line(saver, `writer ${at}`)))
        const { saver } = await open()
        for (const [at, ids] of lines.entries())
          for (const [step, id] of ids.entries()) {
            const { messages } = (await valuesOf(saver, id)) as { messages: BaseMessage[] }
            const expected = Array.from({ length: step + 1 }, (_, before) => `${LONG} writer ${at} ${before}`)
            expect(messages.map(({ content }) => content)).toEqual([LONG, ...expected])
          }
      })

      it('each sees what the others wrote since', async () => {
        const { saver, open } = await place()
        const other = (await open()).saver
        const first = await putValues(saver, { a: LONG })
        expect(await valuesOf(other)).toEqual({ a: LONG })
        const second = await putValues(other, { a: LONG, b: 1 }, { parent: first })
        expect(await valuesOf(saver)).toEqual({ a: LONG, b: 1 })
        const config = { configurable: { thread_id: 't', checkpoint_ns: '', checkpoint_id: second } }
        await saver.putWrites(config, [['a', 'late']], 'task')
        expect((await other.getTuple(threadT))?.pendingWrites).toEqual([['task', 'a', 'late']])
        await other.deleteThread('t')
        expect(await saver.getTuple(threadT)).toBeUndefined()
      })

      it('one goes on where another has deleted elements of it', async () => {
        const { saver, open, url } = await place()
        const values = { messages: [new HumanMessage({ id: 'h', content: LONG })], long: LONG.toUpperCase() }
        const first = await putValues(saver, values)
        const second = await putValues(saver, { ...values, turn: 2 }, { parent: first })
        await execute(url, 'update deputy_lists set epoch = epoch + 1; delete from deputy_elements')
        await putValues(saver, { ...values, turn: 3 }, { parent: second })
        expect(await valuesOf((await open()).saver)).toEqual({ ...values, turn: 3 })
      })

      it('one goes on where another died with elements written and no checkpoint', async () => {
        const { saver, open, url } = await place()
        const first = await putValues(saver, { a: LONG })
        const list = `(select cast(id as bigint) from deputy_lists where thread_id = 't') * ${ROOM}`
        await execute(
          url,
          `insert into deputy_elements (id, body) select ${list} + n, null from (select 2 as n union select 3) s`
        )
        await putValues(saver, { a: LONG, b: LONG.toUpperCase() }, { parent: first })
        for (const by of [saver, (await open()).saver])
          expect(await valuesOf(by)).toEqual({ a: LONG, b: LONG.toUpperCase() })
      })
    })

    describe('a transaction that fails', () => {
      it('rejects who waits for it, leaves nothing behind and spoils nothing after it', async () => {
        for (const table of ['deputy_elements', 'deputy_checkpoints', 'deputy_writes']) {
          const { saver, open, url } = await place()
          const first = await putValues(saver, { a: LONG })
          const config = { configurable: { thread_id: 't', checkpoint_ns: '', checkpoint_id: first } }
          await execute(url, refuse(table))
          const putting = [
            putValues(saver, { a: LONG, b: LONG.toUpperCase() }, { parent: first }),
            saver.putWrites(config, [['b', `${LONG} b`]], 'task')
          ]
          for (const outcome of await Promise.allSettled(putting)) expect(outcome.status).toBe('rejected')
          await execute(url, allow(table))
          expect(await tuplesOf(saver)).toHaveLength(1)
          await putValues(saver, { a: LONG, b: LONG.toUpperCase() }, { parent: first })
          await saver.putWrites(config, [['b', `${LONG} b`]], 'task')
          const fresh = (await open()).saver
          expect(await valuesOf(fresh)).toEqual({ a: LONG, b: LONG.toUpperCase() })
          expect((await fresh.getTuple(config))?.pendingWrites).toEqual([['task', 'b', `${LONG} b`]])
        }
      })

      it('for one thread is no matter of the others of the same turn', async () => {
        const { open } = await place()
        const [a, b] = [await open(), await open()]
        await a.journal.saveThread(aThread('t'))
        await b.journal.acquireLease({ rootThreadId: 'root', holder: b.holder, now: 0, ttlMs: 10 })
        const [late, other] = await Promise.allSettled([
          putValues(a.saver, { a: LONG }),
          putValues(a.saver, { a: LONG }, { threadId: 'other' })
        ])
        expect(late).toMatchObject({ status: 'rejected', reason: { code: 'LEASE_LOST' } })
        expect(other.status).toBe('fulfilled')
        expect(await tuplesOf(b.saver)).toEqual([])
      })
    })

    describe('a fork', () => {
      const State = new StateSchema({ messages: MessagesValue })
      const Delta = new StateSchema({ messages: MessagesDeltaValue })
      const talk = (saver: BaseCheckpointSaver, Schema: typeof State) =>
        new StateGraph(Schema)
          .addNode('say', ({ messages }: { messages: BaseMessage[] }) => ({
            messages: [new AIMessage(`${LONG} ${messages.length}`)]
          }))
          .addEdge(START, 'say')
          .compile({ checkpointer: saver })

      it.each([
        ['messages', State],
        ['messages as deltas', Delta as unknown as typeof State]
      ])('keeps exactly its own %s, and leaves the old branch as it was', async (_, Schema) => {
        const { saver, open } = await place()
        const graph = talk(saver, Schema)
        const textsOf = (messages: BaseMessage[]) => messages.map(({ content }) => String(content).slice(-10))
        for (const word of ['one', 'two', 'three']) await graph.invoke({ messages: [word] } as never, threadT)
        const history = await tuplesOf(saver)
        const old = history.find(({ metadata }) => metadata?.step === 4)!
        const head = await graph.getState(history[0]!.config)
        for (const word of ['left', 'right']) {
          const config = await graph.updateState(old.config, { messages: [new HumanMessage(`fork ${word}`)] })
          await graph.invoke({ messages: [word] } as never, config)
        }
        for (const by of [saver, (await open()).saver]) {
          const again = talk(by, Schema)
          expect(textsOf((await again.getState(history[0]!.config)).values.messages)).toEqual(
            textsOf(head.values.messages)
          )
          const { values } = await again.getState(threadT)
          expect(textsOf(values.messages)).toContain('right')
          expect(textsOf(values.messages).join()).toContain('fork right')
          expect(textsOf(values.messages).join()).not.toMatch(/fork left|three/)
        }
      })
    })

    describe('a history', () => {
      it('gives a page without what lies behind it, and shares what its checkpoints share', async () => {
        const { saver, url } = await place()
        const messages: BaseMessage[] = []
        let parent: string | undefined
        for (let step = 0; step < 40; step++) {
          messages.push(new HumanMessage({ id: `h${step}`, content: LONG + step }))
          parent = await putValues(saver, { messages }, { parent, metadata: { step } })
        }
        await execute(
          url,
          `update deputy_checkpoints set body = null where checkpoint_id in
          (select checkpoint_id from deputy_checkpoints order by checkpoint_id limit 5)`
        )
        const store = await openStore(url)
        onTestFinished(store.close)
        const [first, second] = await tuplesOf(store.saver, { limit: 2 })
        expect(store.journal.damaged()).toEqual([])
        const listOf = ({ checkpoint }: CheckpointTuple) => checkpoint.channel_values.messages as BaseMessage[]
        expect(listOf(first!)).toHaveLength(40)
        expect(listOf(second!)).toHaveLength(39)
        expect(listOf(first!)[0]).toBe(listOf(second!)[0])
        expect(await tuplesOf(store.saver, { filter: { step: 7 } })).toHaveLength(1)
        expect(await tuplesOf(store.saver)).toHaveLength(35)
        expect(store.journal.damaged()).toHaveLength(5)
      })
    })
  })
}
