import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import Database from 'better-sqlite3'
import { describe, expect, it, onTestFinished } from 'vitest'
import { openStore } from '../../checkpointers/open.ts'
import { describeJournal, expectOneWinner } from '../conformance/journal.ts'
import { describeSaver } from '../conformance/saver.ts'
import { raceToOpen } from '../support/race-to-open.ts'
import { anAsk, aThread } from '../support/records.ts'
import { makeTempDir, tempDir } from '../support/temp-dir.ts'

async function openFresh() {
  const directory = await makeTempDir()
  const store = await openStore(`sqlite:${join(directory.path, 'deputy.db')}`)
  const close = async () => {
    await store.close()
    await directory.remove()
  }
  return { ...store, close }
}

describeSaver('@langchain/langgraph-checkpoint-sqlite', openFresh)
describeJournal('the journal in SQLite', openFresh)

describe('a SQLite store', () => {
  const freshUrl = async () => `sqlite:${join(await tempDir(), 'deputy.db')}`
  const open = async (url: string) => {
    const store = await openStore(url)
    onTestFinished(store.close)
    return store
  }

  it('is there again when it is opened again, and says where it is', async () => {
    const url = await freshUrl()
    const before = await openStore(url)
    await before.journal.saveThread(aThread('t'))
    await before.close()
    await before.close()
    const after = await open(url)
    expect(after.url).toBe(url)
    expect(await after.journal.thread('t')).toEqual(aThread('t'))
  })

  it('makes the directory of its file', async () => {
    const store = await open(`sqlite:${join(await tempDir(), 'a', 'b', 'deputy.db')}`)
    await store.journal.saveThread(aThread('t'))
    expect(await store.journal.thread('t')).toEqual(aThread('t'))
  })

  it('keeps checkpoints and rows in one file, with write-ahead logging', async () => {
    const url = await freshUrl()
    await open(url)
    const db = new Database(url.slice('sqlite:'.length), { readonly: true })
    onTestFinished(() => void db.close())
    const tables = db.prepare("select name from sqlite_master where type = 'table'").pluck().all()
    expect(tables).toEqual(
      expect.arrayContaining(['checkpoints', 'writes', 'deputy_threads', 'deputy_asks', 'deputy_outputs'])
    )
    expect(db.pragma('journal_mode', { simple: true })).toBe('wal')
    expect(db.prepare('select version from deputy_schema').pluck().all()).toEqual([1])
  })

  it('takes one of fifty decisions that come at once through two stores', async () => {
    const url = await freshUrl()
    const stores = [await open(url), await open(url)]
    await stores[0]!.journal.openAsk({ ask: anAsk('a'), rootThreadId: 'root', at: 1 })
    await expectOneWinner(
      stores.map((store) => store.journal),
      'a'
    )
  })

  it('waits for another process that is at work on a fresh file', async () => {
    const url = await freshUrl()
    const other = new Database(url.slice('sqlite:'.length))
    onTestFinished(() => void other.close())
    other.exec('create table theirs (id integer); begin immediate')
    const opening = open(url)
    await sleep(200)
    other.exec('commit')
    const store = await opening
    await store.journal.saveThread(aThread('t'))
    expect(await store.journal.thread('t')).toEqual(aThread('t'))
  })

  it('is opened by six processes at once, and an ask is new to one of them', async () => {
    const told = await raceToOpen(await freshUrl(), { processes: 6 })
    expect(told.toSorted()).toEqual(['known', 'known', 'known', 'known', 'known', 'new'])
  })
})
