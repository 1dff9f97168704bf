import { randomBytes } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { Command, interrupt, MessagesAnnotation, START, StateGraph } from '@langchain/langgraph'
import type { BaseCheckpointSaver, CheckpointTuple } from '@langchain/langgraph-checkpoint'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type OpenOptions, openStore } from '../../checkpointers/open.ts'
import { openSource } from '../../checkpointers/open-source.ts'
import type { Store } from '../../checkpointers/store.ts'
import { journalOf } from '../conformance/whole-store.ts'
import { execute } from '../support/execute.ts'
import { appendEvents, beginCall, finishCall, writeRows } from '../support/kept.ts'
import { officialSaver } from '../support/official-savers.ts'
import { freshDatabase } from '../support/postgres.ts'
import { putValues } from '../support/put-values.ts'
import { aBranch, aCall, aGrant, aLabel, aLetter, aMark, anAsk, anEvent, aRepeat, aThread } from '../support/records.ts'
import { rowsOf } from '../support/rows-of.ts'
import { DURABLE_STORES } from '../support/stores.ts'
import { SAID, workOn, workUntilAsked } from '../support/worked.ts'

const HARD_TEXT = 'a\0b \ud800 😀 "c" \\u0000 \'; drop table deputy_asks; --\r\n'
const [KEY, OTHER_KEY] = [randomBytes(32).toString('hex'), randomBytes(32).toString('hex')]
const NOW = Date.now() + 3_600_000

async function tuplesOf(saver: BaseCheckpointSaver, threadId?: string): Promise<CheckpointTuple[]> {
  const tuples: CheckpointTuple[] = []
  for await (const tuple of saver.list({ configurable: threadId === undefined ? {} : { thread_id: threadId } }))
    tuples.push(tuple)
  return tuples
}

function comparable({ checkpoint, metadata, parentConfig, pendingWrites = [] }: CheckpointTuple) {
  const parent = parentConfig?.configurable?.checkpoint_id
  return { checkpoint, metadata, parent, writes: pendingWrites }
}

/** A row of each kind, in the tree of `root`. */
async function keepAllKinds({ journal }: Store): Promise<void> {
  await journal.saveThread(aThread('root', { parentThreadId: null, task: HARD_TEXT, principal: 'ann', createdAt: 1.5 }))
  await journal.saveThread(aThread('thread-1', { background: true, task: HARD_TEXT }))
  await journal.openAsk({ ask: anAsk('a', { reason: HARD_TEXT }), rootThreadId: 'root', at: 1 })
  const by = { decision: { kind: 'reject', reason: HARD_TEXT }, by: { kind: 'person' }, at: 2 } as const
  await journal.decideAsk('a', by)
  await journal.openAsk({ ask: anAsk('b'), rootThreadId: 'root', at: 1 })
  await journal.send(aLetter('l', { text: HARD_TEXT }))
  await journal.put({ threadId: 'thread-1', toolCallId: 'c', text: HARD_TEXT })
  await journal.grant(aGrant('g'))
  await beginCall(journal, aCall('c'))
  await beginCall(journal, aCall('unknown'))
  const result = { ok: false, error: { code: 'OUTCOME_UNKNOWN', message: HARD_TEXT } } as const
  await finishCall(journal, { threadId: 'thread-1', toolCallId: 'unknown', result, at: 2 })
  await writeRows(journal, { kind: 'checkpoint', mark: aMark('c2', { last: HARD_TEXT }) })
  await writeRows(journal, { kind: 'checkpoint', mark: aMark('c1') })
  await writeRows(journal, { kind: 'repeat', repeat: aRepeat('c', { accepted: true }) })
  await writeRows(journal, { kind: 'branch', branch: aBranch('root', { fromRootThreadId: 'before' }) })
  await journal.label(aLabel('here'))
  await journal.setCap({ rootThreadId: 'root', limit: 'usd', cap: 0.25 })
  const usage = { input: 5_000_000_000, output: 1, cached: 0, reasoning: 0, calls: 3 }
  await writeRows(journal, {
    kind: 'usage',
    rootThreadId: 'root',
    threadId: 'root',
    usage,
    workedMs: 1.25,
    begins: true
  })
  await appendEvents(
    journal,
    [1, 2, 3, 4].map((seq) => anEvent(seq)),
    { keep: 2 }
  )
  const lease = await journal.acquireLease({ rootThreadId: 'root', holder: 'another', now: 0, ttlMs: 10 })
  await journal.releaseLease(lease!)
}

const PLACES = new Map(DURABLE_STORES)

async function freshUrl(dialect: 'SQLite' | 'Postgres') {
  const place = await PLACES.get(dialect)!()
  onTestFinished(place.remove)
  return place.url
}
/** One in which no store of ours has been. */
async function untouchedDatabase() {
  const { url, drop } = await freshDatabase()
  onTestFinished(drop)
  return url
}
async function open(url: string, options: OpenOptions = {}) {
  const store = await openStore(url, options)
  onTestFinished(store.close)
  return store
}
/** Brings what lies at a url into a store. */
async function bringIn(url: string, into: Store, options: OpenOptions = {}, now = NOW) {
  const source = await openSource(url, options)
  return into.whole!.bringIn(source, { now }).finally(source.close)
}

const WAYS = [
  ['SQLite', 'SQLite', {}, {}],
  ['SQLite', 'Postgres', {}, { encryptionKey: KEY }],
  ['Postgres', 'SQLite', { encryptionKey: KEY }, { encryptionKey: OTHER_KEY }],
  ['Postgres', 'Postgres', { key: KEY }, {}],
  ['SQLite', 'SQLite', {}, { encryptionKey: KEY, key: OTHER_KEY }],
  ['SQLite', 'SQLite', { encryptionKey: KEY }, {}]
] as const

describe.each(WAYS)('a store of Deputy in %s that is imported into %s (keys %o, %o)', (from, to, fromKeys, toKeys) => {
  it('is there as it was: checkpoints, pending writes and all rows', async () => {
    const url = await freshUrl(from)
    const before = await open(url, fromKeys)
    const root = await workUntilAsked(before)
    await keepAllKinds(before)
    await putValues(before.saver, { text: SAID, deep: { [HARD_TEXT]: [new Map([[1, HARD_TEXT]])] } })
    const untouched = await rowsOf(before, { url })
    const after = await open(await freshUrl(to), toKeys)
    await putValues(after.saver, { text: 'was here before' }, { threadId: 'before' })
    const brought = await bringIn(url, after, fromKeys)

    const { checkpoints, threads } = await before.whole!.stats()
    expect(brought).toMatchObject({ checkpoints, threads: threads + 1, unplaced: 0, damaged: [] })
    expect(await rowsOf(before, { url })).toEqual(untouched)
    for (const tree of [root, 'root']) expect(await journalOf(after, tree)).toEqual(await journalOf(before, tree))
    expect(await after.journal.get({ threadId: 'thread-1', toolCallId: 'c' })).toBe(HARD_TEXT)
    for (const thread of [root, 't']) {
      const [old, now] = [await tuplesOf(before.saver, thread), await tuplesOf(after.saver, thread)]
      expect(isDeepStrictEqual(now.map(comparable), old.map(comparable))).toBe(true)
    }
    expect(await tuplesOf(after.saver, 'before')).toHaveLength(1)
    const verdict = await after.whole!.verify()
    expect(verdict).toMatchObject({ damaged: [], unreferenced: 0 })
    expect(await after.whole!.stats()).toMatchObject({ threads, asks: { open: 2, closed: 1 } })
  })

  it('goes on where it was: what was asked is answered there', async () => {
    const url = await freshUrl(from)
    const before = await open(url, fromKeys)
    const root = await workUntilAsked(before)
    const after = await open(await freshUrl(to), toKeys)
    await bringIn(url, after, fromKeys)
    expect(await workOn(after, root)).toMatchObject({ status: 'completed', text: expect.stringContaining(SAID.trim()) })
    expect(await before.journal.openAsks({ rootThreadId: root })).toHaveLength(1)
    expect((await after.whole!.verify()).damaged).toEqual([])
    const third = await open(await freshUrl(from), fromKeys)
    await third.whole!.bringIn({ ...after.whole!.offered(), close: async () => {} }, { now: NOW })
    for (const { threadId } of await after.journal.threadsOf(root)) {
      const [then, now] = [await tuplesOf(after.saver, threadId), await tuplesOf(third.saver, threadId)]
      expect(now.map(comparable)).toEqual(then.map(comparable))
    }
  })

  it('has its pending writes in the order in which their tasks stood', async () => {
    const url = await freshUrl(from)
    const { saver } = await open(url, fromKeys)
    const id = await putValues(saver, { text: SAID })
    const config = { configurable: { thread_id: 't', checkpoint_ns: '', checkpoint_id: id } }
    const tasks = ['c', 'a', 'b'].map((task) => `${task.repeat(8)}-0000-4000-8000-000000000000`)
    for (const [at, task] of tasks.entries()) await saver.putWrites(config, [['text', at]], task, `~pull, ${at}`)
    await saver.putWrites(config, [['__interrupt__', 'later']], tasks[1]!, '~pull, 9')
    const before = await saver.getTuple(config)
    const after = await open(await freshUrl(to), toKeys)
    await bringIn(url, after, fromKeys)
    expect((await after.saver.getTuple(config))?.pendingWrites).toEqual(before?.pendingWrites)
    expect(before?.pendingWrites?.map(([, , value]) => value)).toEqual([0, 1, 2, 'later'])
  })
})

describe.each(['SQLite', 'Postgres'] as const)('an import into %s', (dialect) => {
  it('is refused where a thread is in both, and changes nothing', async () => {
    const url = await freshUrl('SQLite')
    const from = await open(url)
    for (const threadId of ['new', 't']) await putValues(from.saver, { text: SAID }, { threadId })
    const toUrl = await freshUrl(dialect)
    const into = await open(toUrl)
    await into.journal.saveThread(aThread('t'))
    const rows = await rowsOf(into, { url: toUrl })
    await expect(bringIn(url, into)).rejects.toMatchObject({
      code: 'BAD_STORE',
      message: expect.stringMatching(/nothing was imported.*already: "t"$/)
    })
    expect(await rowsOf(into, { url: toUrl })).toEqual(rows)
  })

  it('is refused where a tree is at work, and goes when it is done', async () => {
    const url = await freshUrl('SQLite')
    const { journal } = await open(url)
    await journal.saveThread(aThread('root'))
    const lease = await journal.acquireLease({ rootThreadId: 'root', holder: 'me', now: NOW, ttlMs: 10 })
    const into = await open(await freshUrl(dialect))
    const refusal = { code: 'THREAD_BUSY', message: expect.stringContaining('root') }
    await expect(bringIn(url, into)).rejects.toMatchObject(refusal)
    expect(await into.whole!.stats()).toMatchObject({ threads: 0 })
    await journal.releaseLease(lease!)
    expect(await bringIn(url, into)).toMatchObject({ threads: 1 })
  })

  it('is all or nothing', async () => {
    const url = await freshUrl('SQLite')
    const from = await open(url)
    await workUntilAsked(from)
    await from.journal.send(aLetter('l'))
    const toUrl = await freshUrl(dialect)
    const into = await open(toUrl)
    await into.journal.send(aLetter('l', { text: 'another' }))
    const rows = await rowsOf(into, { url: toUrl })
    await expect(bringIn(url, into)).rejects.toThrow(/unique/i)
    expect(await rowsOf(into, { url: toUrl })).toEqual(rows)
    await putValues(into.saver, { text: SAID })
    expect(await tuplesOf(into.saver, 't')).toHaveLength(1)
  })

  it('leaves behind what is damaged, by name, and brings all else', async () => {
    const url = await freshUrl('SQLite')
    const options = { encryptionKey: KEY }
    const from = await open(url, options)
    const first = await putValues(from.saver, { text: 'first' })
    const bad = await putValues(from.saver, { text: 'bad' }, { parent: first })
    const third = await putValues(from.saver, { text: 'third' }, { parent: bad })
    await from.saver.putWrites({ configurable: { thread_id: 't', checkpoint_id: 'none' } }, [['a', 1]], 'task')
    for (const id of ['a', 'bad']) await from.journal.send(aLetter(id))
    const hex = `01${bad.replaceAll('-', '')}`
    await execute(url, `update deputy_checkpoints set body = substr(body, 1, 40) where checkpoint_id = x'${hex}'`)
    await execute(url, `update deputy_letters set text = '"in the clear"' where id = 'bad'`)
    const into = await open(await freshUrl(dialect))
    const { damaged, ...brought } = await bringIn(url, into, options)
    expect(brought).toEqual({ threads: 1, checkpoints: 2, writes: 0, rows: 1, unplaced: 1 })
    expect(damaged.toSorted()).toEqual([
      expect.stringContaining(`deputy_checkpoints "t" "" "${bad}": `),
      expect.stringContaining('deputy_letters "bad": it is not encrypted')
    ])
    const tuples = await tuplesOf(into.saver, 't')
    expect(tuples.map(({ checkpoint }) => checkpoint.id)).toEqual([third, first])
    expect((await into.journal.letters('root')).map(({ id }) => id)).toEqual(['a'])
    expect(await into.whole!.verify()).toMatchObject({ orphans: 1, damaged: [] })
  })

  it.each([
    ['SQLite', { encryptionKey: KEY }],
    ['Postgres', {}]
  ] as const)('takes the checkpoints of an official saver in %s, which keeps them', async (from, keys) => {
    const url = from === 'SQLite' ? await freshUrl(from) : await untouchedDatabase()
    const graph = (checkpointer: BaseCheckpointSaver) =>
      new StateGraph(MessagesAnnotation)
        .addNode('ask', ({ messages }) => ({ messages: [`${SAID} ${messages.length} ${interrupt('go on?')}`] }))
        .addEdge(START, 'ask')
        .compile({ checkpointer })
    const config = { configurable: { thread_id: 'a' } }
    const { saver, close } = await officialSaver(url)
    await graph(saver).invoke({ messages: ['hello'] }, config)
    const before = await tuplesOf(saver, 'a')
    const into = await open(await freshUrl(dialect), keys)
    const writes = before.reduce((sum, { pendingWrites = [] }) => sum + pendingWrites.length, 0)
    const brought = { threads: 1, checkpoints: before.length, writes, rows: 0, unplaced: 0, damaged: [] }
    expect(await bringIn(url, into)).toEqual(brought)
    expect((await tuplesOf(into.saver, 'a')).map(comparable)).toEqual(before.map(comparable))
    expect((await tuplesOf(saver, 'a')).map(comparable)).toEqual(before.map(comparable))
    await close()
    const { messages } = await graph(into.saver).invoke(new Command({ resume: 'yes' }), config)
    expect(messages.at(-1)!.text).toBe(`${SAID} 1 yes`)
  })

  it('finds nothing where nothing is, and makes nothing', async () => {
    const into = await open(await freshUrl(dialect))
    await expect(bringIn('sqlite:/nowhere/at/all.db', into)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    await expect(bringIn('memory:', into)).rejects.toMatchObject({ code: 'BAD_STORE' })
    const other = await freshUrl('SQLite')
    await execute(other, 'create table notes (text)')
    await expect(bringIn(other, into)).rejects.toThrow('neither a store of Deputy')
    expect(await rowsOf(into, { url: other })).toEqual([])
  })
})
