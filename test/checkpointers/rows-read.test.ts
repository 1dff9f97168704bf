import Database from 'better-sqlite3'
import pg from 'pg'
import { describe, expect, it, onTestFinished } from 'vitest'
import { openStore } from '../../checkpointers/open.ts'
import { ANCESTORS, NEWEST, ONE, pageOf } from '../../checkpointers/sqlite/checkpoint-queries.ts'
import type { Store } from '../../checkpointers/store.ts'
import { freshDatabase } from '../support/postgres.ts'
import { putValues } from '../support/put-values.ts'
import { rowsRead } from '../support/rows-read.ts'
import { sqlitePlace } from '../support/stores.ts'

type Saver = Store['saver']

const configOf = (threadId: string, id?: string) => ({
  configurable: { thread_id: threadId, checkpoint_ns: '', ...(id && { checkpoint_id: id }) }
})

/** Long enough for a row of its own. */
const textOf = (nth: number) => `${nth}, `.repeat(200)

/** Puts so many checkpoints, each with the one before as its parent and a write, and gives their ids. */
async function grow(saver: Saver, threadId: string, count: number): Promise<string[]> {
  const ids: string[] = []
  for (let nth = 0; nth < count; nth++) {
    const id = await putValues(saver, { text: textOf(nth) }, { threadId, parent: ids.at(-1) })
    await saver.putWrites(configOf(threadId, id), [['text', textOf(nth)]], 'task')
    ids.push(id)
  }
  return ids
}

async function take(saver: Saver, [config, options]: Parameters<Saver['list']>): Promise<void> {
  let count = 0
  for await (const _ of saver.list(config, options)) count += 1
  expect(count).toBe(options?.limit)
}

type Reading = (saver: Saver, threadId: string, id: string) => Promise<unknown>

/** Each of a thread, or of one of its checkpoints. */
const READINGS_OF_ONE: Record<string, Reading> = {
  'the newest checkpoint': (saver, threadId) => saver.getTuple(configOf(threadId)),
  'one checkpoint': (saver, threadId, id) => saver.getTuple(configOf(threadId, id)),
  'the line of one': (saver, threadId, id) =>
    saver.getDeltaChannelHistory({ config: configOf(threadId, id), channels: ['text'] })
}
const READINGS: Record<string, Reading> = {
  ...READINGS_OF_ONE,
  'the newest ten': (saver, threadId) => take(saver, [configOf(threadId), { limit: 10 }]),
  'two pages before one': (saver, threadId, id) =>
    take(saver, [configOf(threadId), { limit: 40, before: configOf(threadId, id) }]),
  'the newest ten of all namespaces': (saver, threadId) =>
    take(saver, [{ configurable: { thread_id: threadId } }, { limit: 10 }]),
  'a turn': async (saver, threadId) => {
    const { config } = (await saver.getTuple(configOf(threadId)))!
    await putValues(saver, { text: textOf(-1) }, { threadId, parent: config.configurable!.checkpoint_id })
  }
}
const SHORT = 150
const LONG = 450
/** Before it lies more than is read at once, in the short thread too. */
const MIDDLE = -40
const FEW = 50
/** More than those after which Postgres keeps its plan of a prepared statement. */
const OFTEN = 10

const TABLES = ['lists', 'elements', 'checkpoints', 'writes']
const WITHOUT_AUTOVACUUM = TABLES.map((table) => `alter table deputy_${table} set (autovacuum_enabled = false)`)

/** An empty store. `readBy` says how many rows are read by whoever opens it and does this. */
async function place(setUp: readonly string[]) {
  const { url, drop } = await freshDatabase()
  onTestFinished(drop)
  const withSaver = async <T>(work: (saver: Saver) => Promise<T>): Promise<T> => {
    const store = await openStore(url)
    return await work(store.saver).finally(store.close)
  }
  const readBy = async (work: (saver: Saver) => Promise<unknown>): Promise<number> => {
    const before = await rowsRead(url)
    await withSaver(work)
    return (await rowsRead(url)) - before
  }
  await withSaver(() => query(url, [...WITHOUT_AUTOVACUUM, ...setUp]))
  return { url, withSaver, readBy }
}

describe.each([
  ['never analysed', [], []],
  ['analysed while it was empty', ['analyze'], []],
  ['analysed', [], ['analyze']]
])('a Postgres store that was %s', (_, whileEmpty, then) => {
  it('reads no more rows of a long thread than of a short one', async () => {
    const { url, withSaver, readBy } = await place(whileEmpty)
    const [short, long] = await withSaver((saver) =>
      Promise.all([grow(saver, 'short', SHORT), grow(saver, 'long', LONG)])
    )
    await query(url, then)
    for (const [what, reading] of Object.entries(READINGS)) {
      const ofShort = await readBy((saver) => reading(saver, 'short', short.at(MIDDLE)!))
      const ofLong = await readBy((saver) => reading(saver, 'long', long.at(MIDDLE)!))
      expect.soft(ofLong, what).toBeLessThan(ofShort + FEW)
    }
  })
})

describe('a Postgres store that was analysed while it was empty', () => {
  it('is read by who has read it then as by others', async () => {
    const { withSaver, readBy } = await place(['analyze'])
    const reading = (threadId: string, { times }: { times: number }) =>
      readBy(async (saver) => {
        const [first] = await grow(saver, threadId, 1)
        const readAll = async (id: string) => {
          for (const each of Object.values(READINGS_OF_ONE)) await each(saver, threadId, id)
        }
        for (let nth = 0; nth < OFTEN; nth++) await readAll(first!)
        const ids = await withSaver((other) => grow(other, threadId, LONG))
        for (let nth = 0; nth < times; nth++) await readAll(ids.at(MIDDLE)!)
      })
    const often = await reading('a', { times: OFTEN })
    const never = await reading('b', { times: 0 })
    expect(often - never).toBeLessThan(OFTEN * LONG)
  })
})

describe('a SQLite store', () => {
  /** How the statement finds what it answers with, and whether it sorts it. */
  async function planned([sql, values]: [sql: string, values: object]) {
    const { url, remove } = await sqlitePlace()
    onTestFinished(remove)
    await (await openStore(url)).close()
    const db = new Database(url.slice('sqlite:'.length), { readonly: true })
    onTestFinished(() => void db.close())
    const plan = db.prepare<[object], { detail: string }>(`explain query plan ${sql}`).all(values)
    const details = plan.map(({ detail }) => detail)
    return {
      finds: [...new Set(details.filter((detail) => / c( |$)/.test(detail)))],
      sorts: details.includes('USE TEMP B-TREE FOR ORDER BY')
    }
  }
  const BY_KEY = ['SEARCH c USING PRIMARY KEY (list=? AND checkpoint_id=?)']
  const id = Buffer.from('a')
  const row = { threadId: 't', namespace: '', id, list: 1, epoch: 0, parentId: null, body: null, writes: [] }
  const list = { threadId: 't', namespace: '', id: undefined, before: undefined, after: undefined, limit: 9 }

  it('takes the newest checkpoint from the end of the key', async () => {
    expect((await planned([NEWEST, list])).sorts).toBe(false)
  })

  it.each([
    ['the first page', list],
    ['a page before another checkpoint', { ...list, before: id }],
    ['a later page', { ...list, before: id, after: row }],
    ['a page with one checkpoint', { ...list, id }]
  ])('looks up %s of a list by key, and in its order', async (_, asked) => {
    expect(await planned(pageOf(asked))).toEqual({ finds: BY_KEY, sorts: false })
  })

  it('looks up one checkpoint, the line of one and a page of all lists by key', async () => {
    const lists = pageOf({ ...list, threadId: undefined, namespace: undefined })
    for (const asked of [[ONE, { ...list, id }], [ANCESTORS, { list: 1, id, limit: 9 }], lists] as const)
      expect((await planned([asked[0], asked[1]])).finds).toEqual(BY_KEY)
  })
})

async function query(url: string, statements: readonly string[]): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  for (const sql of statements) await client.query(sql)
  await client.end()
}
