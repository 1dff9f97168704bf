import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import Database from 'better-sqlite3'
import { describe, expect, it, onTestFinished } from 'vitest'
import { openStore } from '../../checkpointers/open.ts'
import { MIGRATIONS } from '../../checkpointers/sqlite/schema.ts'
import type { UnnumberedEvent } from '../../state/events.ts'
import { describeDamage } from '../conformance/damage.ts'
import { describeEncryption } from '../conformance/encryption.ts'
import { describeFence } from '../conformance/fence.ts'
import {
  describeJournal,
  expectOneHolder,
  expectOneRevoker,
  expectOneTaker,
  expectOneWinner
} from '../conformance/journal.ts'
import { describePruning } from '../conformance/pruning.ts'
import { describeSaver } from '../conformance/saver.ts'
import { describeSharing } from '../conformance/sharing.ts'
import { describeEquality } from '../conformance/sharing-equality.ts'
import { describeState } from '../conformance/state.ts'
import { describeTakingOver } from '../conformance/taking-over.ts'
import { describeTampering } from '../conformance/tampering.ts'
import { describeWholeStore } from '../conformance/whole-store.ts'
import { appendEvents } from '../support/kept.ts'
import { raceToOpen } from '../support/race-to-open.ts'
import { aGrant, aLetter, anAsk, anEvent, aThread } from '../support/records.ts'
import { sqlitePlace } from '../support/stores.ts'
import { makeTempDir, tempDir } from '../support/temp-dir.ts'
import { ROWS_OF_VERSION_5 } from '../support/version-5.ts'

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
describeDamage('damaged rows in SQLite', sqlitePlace)
describeFence('the fence in SQLite', sqlitePlace)
describeState('state in SQLite', openFresh)
describeTampering('SQLite', sqlitePlace)
describeEncryption('SQLite', sqlitePlace)
describeSharing('SQLite', sqlitePlace)
describeEquality('SQLite', sqlitePlace)
describePruning('SQLite', sqlitePlace)
describeTakingOver('SQLite', sqlitePlace)
describeWholeStore('SQLite', sqlitePlace)

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
      expect.arrayContaining(['deputy_checkpoints', 'deputy_writes', 'deputy_threads', 'deputy_asks', 'deputy_outputs'])
    )
    expect(db.pragma('journal_mode', { simple: true })).toBe('wal')
    expect(db.prepare('select version from deputy_schema').pluck().all()).toEqual([MIGRATIONS.length])
  })

  it('appends where another process would write in the middle of it', async () => {
    const url = await freshUrl()
    const store = await open(url)
    const other = new Database(url.slice('sqlite:'.length), { timeout: 0 })
    onTestFinished(() => void other.close())
    const written: boolean[] = []
    const { seq: _, threadSeq: _threadSeq, at, ...rest } = anEvent(1)
    const event = {
      ...rest,
      get at() {
        written.push(couldWrite(other))
        return at
      }
    } as UnnumberedEvent
    await store.journal.append([{ event }], { rootThreadId: rest.rootThreadId, after: 0 })
    expect(written).toEqual([false])
    expect(await store.journal.lastSeq(rest.rootThreadId)).toBe(1)
    expect(couldWrite(other)).toBe(true)
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

  it('gives a lease to one of twenty, a letter and the end of a grant to one, when they ask at once through two stores', async () => {
    const url = await freshUrl()
    const journals = [(await open(url)).journal, (await open(url)).journal]
    await expectOneHolder(journals, { now: 0, token: 1 })
    await journals[0]!.send(aLetter('l'))
    await expectOneTaker(journals, 'l')
    await journals[0]!.grant(aGrant('g'))
    await expectOneRevoker(journals, 'g')
  })

  it('brings a database of version 1 up to date, and keeps what is in it', async () => {
    const url = await freshUrl()
    const old = new Database(url.slice('sqlite:'.length))
    old.exec(MIGRATIONS[0]!)
    old.exec('create table deputy_schema (version integer not null); insert into deputy_schema values (1)')
    old.exec(`
      insert into deputy_threads (thread_id, root_thread_id, agent, path, task, status, created_at, updated_at)
      values ('t', 't', 'coder', 'coder', '"mend it"', 'running', 1, 1)
    `)
    old.close()
    const { journal } = await open(url)
    expect(await journal.roots({ limit: 9 })).toMatchObject([{ threadId: 't', task: 'mend it', principal: null }])
    expect(await journal.send(aLetter('l', { rootThreadId: 't' }))).toBe(true)
    expect((await open(url)).url).toBe(url)
  })

  it('numbers the events that a database of version 5 has, and knows which of them open an ask', async () => {
    const url = await freshUrl()
    const old = new Database(url.slice('sqlite:'.length))
    old.exec('create table deputy_schema (version integer not null); insert into deputy_schema values (5)')
    for (const migration of MIGRATIONS.slice(0, 5)) old.exec(migration)
    old.exec(ROWS_OF_VERSION_5)
    old.close()
    const store = await open(url)
    const { journal } = store
    const kept = await journal.eventsOf('root', { after: 0, limit: 9 })
    expect(kept.map(({ seq, threadSeq, threadId }) => [seq, threadSeq, threadId])).toEqual([
      [1, 1, 'root'],
      [2, 1, 'child'],
      [3, 2, 'root'],
      [4, 2, 'child']
    ])
    await journal.acquireLease({ rootThreadId: 'root', holder: store.holder, now: 1, ttlMs: 10 })
    await appendEvents(journal, [anEvent(5, { threadId: 'root' })], { keep: 1 })
    const left = await journal.eventsOf('root', { after: 0, limit: 9 })
    expect(left.map(({ seq, threadSeq }) => [seq, threadSeq])).toEqual([
      [2, 1],
      [5, 3]
    ])
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

function couldWrite(db: Database.Database): boolean {
  try {
    db.exec('create table if not exists written (at)')
    return true
  } catch {
    return false
  }
}
