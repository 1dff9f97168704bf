// What a process knows of the lists of checkpoints is bounded; what it knows is never wrong for that.
import { join } from 'node:path'
import { HumanMessage } from '@langchain/core/messages'
import type { CheckpointTuple } from '@langchain/langgraph-checkpoint'
import Database from 'better-sqlite3'
import { assert, describe, it, onTestFinished } from 'vitest'
import { rowReader } from '../../checkpointers/row-reader.ts'
import { serializer } from '../../checkpointers/serializer.ts'
import { SharingSaver } from '../../checkpointers/sharing/saver.ts'
import { byteSeal } from '../../checkpointers/sharing/sealing.ts'
import { type Bounds, Shelves } from '../../checkpointers/sharing/shelves.ts'
import { checkpointTables } from '../../checkpointers/sqlite/checkpoint-tables.ts'
import { groupCommit } from '../../checkpointers/sqlite/group-commit.ts'
import { migrate } from '../../checkpointers/sqlite/schema.ts'
import { putValues } from '../support/put-values.ts'
import { tempDir } from '../support/temp-dir.ts'

const named = (threadId: string) => ({ threadId, namespace: '' })

async function tablesOfAFile() {
  const db = new Database(join(await tempDir(), 'deputy.db'))
  onTestFinished(() => void db.close())
  migrate(db, { url: 'sqlite:test' })
  return checkpointTables(db, groupCommit(db))
}

async function saverWithin(bounds: Bounds) {
  const tables = await tablesOfAFile()
  const parts = {
    seal: byteSeal({ key: undefined, cipher: undefined }),
    read: rowReader(),
    serde: serializer(),
    channels: 'all'
  } as const
  return new SharingSaver({ tables, bounds, ...parts })
}

describe('what is known of lists', () => {
  it('is that of the lists that were used last, and of as many as are allowed', async () => {
    const shelves = new Shelves(await tablesOfAFile(), { lists: 2, characters: 1000 })
    const [a, b] = [await shelves.open(named('a')), await shelves.open(named('b'))]
    assert.equal(shelves.known(named('a')), a)
    await shelves.open(named('c'))
    assert.equal(shelves.known(named('a')), a)
    assert.isUndefined(shelves.known(named('b')))
    assert.notEqual(await shelves.open(named('b')), b)
  })

  it('is let go where all of it together is too much, and where one list has grown out of use', async () => {
    const shelves = new Shelves(await tablesOfAFile(), { lists: 9, characters: 1000 })
    const a = await shelves.open(named('a'))
    a.part('text', 'x'.repeat(900))
    const b = await shelves.open(named('b'))
    b.part('text', 'y'.repeat(900))
    await shelves.open(named('c'))
    assert.isUndefined(shelves.known(named('a')))
    assert.equal(shelves.known(named('b')), b)
    b.part('text', 'z'.repeat(900))
    assert.isUndefined(shelves.known(named('b')))
  })

  it('is as large as what the newest checkpoint of a list holds, however large that is', async () => {
    const shelves = new Shelves(await tablesOfAFile(), { lists: 9, characters: 1000 })
    const shelf = await shelves.open(named('a'))
    shelf.part('text', 'x'.repeat(5000))
    shelf.know('1', { text: '', channels: new Map(), versions: {} })
    assert.equal(shelves.known(named('a')), shelf)
    shelf.part('text', 'y'.repeat(6000))
    assert.isUndefined(shelves.known(named('a')))
  })

  it.each([
    ['one list', { lists: 1, characters: 1_000_000 }],
    ['next to nothing', { lists: 9, characters: 100 }]
  ])('may be %s: five threads that grow in turn read as they were put', async (_, bounds) => {
    const saver = await saverWithin(bounds)
    const threads = ['a', 'b', 'c', 'd', 'e'].map((threadId) => ({ threadId, ids: [] as string[] }))
    const messagesAt = (threadId: string, turn: number) =>
      Array.from(
        { length: turn + 1 },
        (_, at) => new HumanMessage({ id: `${at}`, content: `${threadId} ${at} `.repeat(60) })
      )
    for (let turn = 0; turn < 12; turn++)
      for (const { threadId, ids } of threads) {
        const values = { messages: messagesAt(threadId, turn), turn }
        ids.push(await putValues(saver, values, { threadId, parent: ids.at(-1) }))
      }
    for (const { threadId, ids } of threads)
      for (const [turn, id] of ids.entries()) {
        const at = { configurable: { thread_id: threadId, checkpoint_ns: '', checkpoint_id: id } }
        const { checkpoint } = (await saver.getTuple(at)) as CheckpointTuple
        assert.deepEqual(checkpoint.channel_values, { messages: messagesAt(threadId, turn), turn })
      }
  })
})
