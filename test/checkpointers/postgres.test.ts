import { execFileSync } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { PostgresSaver } from '@langchain/langgraph-checkpoint-postgres'
import pg from 'pg'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { openStore } from '../../checkpointers/open.ts'
import { MIGRATIONS } from '../../checkpointers/postgres/schema.ts'
import { describeDamage } from '../conformance/damage.ts'
import { describeEncryption } from '../conformance/encryption.ts'
import { describeFence, putCheckpoint } from '../conformance/fence.ts'
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
import { freshDatabase, smallDatabase } from '../support/postgres.ts'
import { putValues } from '../support/put-values.ts'
import { raceToOpen } from '../support/race-to-open.ts'
import { aGrant, aLetter, aMark, anAsk, anEvent, aThread } from '../support/records.ts'
import { postgresPlace } from '../support/stores.ts'
import { ROWS_OF_VERSION_5 } from '../support/version-5.ts'

async function openFresh() {
  const { url, drop } = await freshDatabase()
  const store = await openStore(url)
  const close = async () => {
    await store.close()
    await drop()
  }
  return { ...store, close }
}

describeSaver('@langchain/langgraph-checkpoint-postgres', openFresh)
describeJournal('the journal in Postgres', openFresh)
describeDamage('damaged rows in Postgres', postgresPlace)
describeFence('the fence in Postgres', postgresPlace)
describeState('state in Postgres', openFresh)
describeTampering('Postgres', postgresPlace)
describeEncryption('Postgres', postgresPlace)
describeSharing('Postgres', postgresPlace)
describeEquality('Postgres', postgresPlace)
describePruning('Postgres', postgresPlace)
describeTakingOver('Postgres', postgresPlace)
describeWholeStore('Postgres', postgresPlace)

describe('a Postgres store', () => {
  const freshUrl = async () => {
    const { url, drop } = await freshDatabase()
    onTestFinished(drop)
    return url
  }
  const open = async (url: string) => {
    const store = await openStore(url)
    onTestFinished(store.close)
    return store
  }
  const query = async (url: string, sql: string) => {
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    const { rows } = await client.query<Record<string, unknown>>(sql)
    await client.end()
    return rows
  }

  it('is there again when it is opened again, and says where it is without the password', async () => {
    const url = await freshUrl()
    const before = await openStore(url)
    await before.journal.saveThread(aThread('t'))
    await before.close()
    await before.close()
    const after = await open(url)
    expect(after.url).toBe(url.replace(/:[^:@/]+@/, ':***@'))
    expect(await after.journal.thread('t')).toEqual(aThread('t'))
  })

  it('keeps checkpoints and rows in one database', async () => {
    const url = await freshUrl()
    await open(url)
    const tables = await query(url, "select tablename from pg_tables where schemaname = 'public'")
    const ours = ['deputy_threads', 'deputy_asks', 'deputy_outputs', 'deputy_schema']
    expect(tables.map((row) => row.tablename)).toEqual(expect.arrayContaining(['deputy_checkpoints', ...ours]))
    expect(await query(url, 'select version from deputy_schema')).toEqual([{ version: MIGRATIONS.length }])
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
    await query(
      url,
      `${MIGRATIONS[0]!};
      create table deputy_schema (version integer not null);
      insert into deputy_schema values (1);
      insert into deputy_threads (thread_id, root_thread_id, agent, path, task, status, created_at, updated_at)
      values ('t', 't', 'coder', 'coder', '"mend it"', 'running', 1, 1)`
    )
    const { journal } = await open(url)
    expect(await journal.roots({ limit: 9 })).toMatchObject([{ threadId: 't', task: 'mend it', principal: null }])
    expect(await journal.send(aLetter('l', { rootThreadId: 't' }))).toBe(true)
    expect((await open(url)).url).toContain(':***@')
  })

  it('numbers the events that a database of version 5 has, and knows which of them open an ask', async () => {
    const url = await freshUrl()
    const saver = PostgresSaver.fromConnString(url)
    await saver.setup()
    await saver.end()
    await query(url, 'create table deputy_schema (version integer not null); insert into deputy_schema values (5)')
    for (const migration of MIGRATIONS.slice(0, 5)) await query(url, migration)
    await query(url, ROWS_OF_VERSION_5)
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

  it('lets nobody take a lease over between a write and its commit', async () => {
    const url = await freshUrl()
    const [a, b] = [await open(url), await open(url)]
    await a.journal.saveThread(aThread('root'))
    await a.journal.acquireLease({ rootThreadId: 'root', holder: a.holder, now: 0, ttlMs: 10 })
    await putCheckpoint(a.saver, 'root')
    const writing = new pg.Client({ connectionString: url, options: `-c deputy.holder=${a.holder}` })
    await writing.connect()
    onTestFinished(() => writing.end())
    await writing.query('begin')
    const insert = (id: string) =>
      `insert into deputy_checkpoints (list, checkpoint_id) select id, '${id}' from deputy_lists`
    await writing.query(insert('1'))
    let taken = false
    const taking = b.journal
      .acquireLease({ rootThreadId: 'root', holder: b.holder, now: 10, ttlMs: 10 })
      .finally(() => {
        taken = true
      })
    await sleep(100)
    expect(taken).toBe(false)
    await writing.query('commit')
    expect(await taking).toMatchObject({ token: 2 })
    await expect(writing.query(insert('2'))).rejects.toThrow('another holder')
  })

  it.each([
    ['its url', '?options=-c%20search_path%3Delsewhere&application_name=x', ''],
    ['the environment', '', '-c search_path=elsewhere']
  ])('is fenced, and keeps the options that %s asks for', async (_, inUrl, inEnvironment) => {
    const url = await freshUrl()
    await query(url, 'create schema elsewhere')
    vi.stubEnv('PGOPTIONS', inEnvironment)
    onTestFinished(() => void vi.unstubAllEnvs())
    const there = url + inUrl
    const [a, b] = [await open(there), await open(there)]
    expect(await query(url, "select schemaname from pg_tables where tablename = 'deputy_leases'")).toEqual([
      { schemaname: 'elsewhere' }
    ])
    await a.journal.saveThread(aThread('root'))
    await a.journal.acquireLease({ rootThreadId: 'root', holder: a.holder, now: 0, ttlMs: 10 })
    await putCheckpoint(a.saver, 'root')
    await expect(putCheckpoint(b.saver, 'root')).rejects.toMatchObject({ code: 'LEASE_LOST' })
  })

  it('goes on where a newer Deputy adds columns to the tables that it has open', async () => {
    const url = await freshUrl()
    const { saver } = await open(url)
    const put = async () => {
      for (let nth = 0; nth < 10; nth++) await putValues(saver, { nth })
    }
    await put()
    for (const table of ['lists', 'elements', 'checkpoints', 'writes'])
      await query(url, `alter table deputy_${table} add column newer text not null default ''`)
    await put()
    const newest = await saver.getTuple({ configurable: { thread_id: 't' } })
    expect(newest?.checkpoint.channel_values).toEqual({ nth: 9 })
  })

  it('is opened ten times at once', async () => {
    const url = await freshUrl()
    const stores = await Promise.all(Array.from({ length: 10 }, () => open(url)))
    await stores[0]!.journal.saveThread(aThread('t'))
    expect(await stores[9]!.journal.thread('t')).toEqual(aThread('t'))
  })

  it('is opened by four processes at once, and an ask is new to one of them', async () => {
    const told = await raceToOpen(await freshUrl(), { processes: 4 })
    expect(told.toSorted()).toEqual(['known', 'known', 'known', 'new'])
  })

  it('survives that the server ends its idle connections', async () => {
    const url = await freshUrl()
    const store = await open(url)
    await store.journal.saveThread(aThread('t'))
    await query(
      url,
      'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()'
    )
    await expect.poll(() => store.journal.thread('t').catch(() => undefined)).toEqual(aThread('t'))
  })

  it('ends no process where the server ends a connection between two statements of a transaction', async () => {
    const url = await freshUrl()
    const store = await open(url)
    await store.journal.saveThread(aThread('t'))
    const ended: number[] = []
    const row = {
      kind: 'status',
      threadId: 't',
      get status() {
        ended.push(endTransactions(url))
        return 'running' as const
      },
      at: 1
    } as const
    await expect(store.journal.append([{ row }], { rootThreadId: 't', after: 0 })).rejects.toThrow()
    expect(ended).toEqual([1])
    expect(await store.journal.thread('t')).toEqual(aThread('t'))
  })

  it('keeps what two write at once in another order each', async () => {
    const { url, drop } = await smallDatabase({ connections: 300 })
    onTestFinished(drop)
    const journals = [(await open(url)).journal, (await open(url)).journal]
    const marks = Array.from({ length: 200 }, (_, at) => aMark(`c${at}`))
    const written = await Promise.all(
      [marks, marks.toReversed()].map((rows, at) =>
        journals[at]!.append(
          rows.map((mark) => ({ row: { kind: 'checkpoint', mark } })),
          { rootThreadId: 'root', after: 0 }
        )
      )
    )
    expect(written.flat().filter(({ isNew }) => isNew)).toHaveLength(200)
    expect(await journals[0]!.checkpoints('root', { limit: 999 })).toHaveLength(200)
  })

  it('does with few connections, however much is wanted at once', async () => {
    const { url, drop, connected } = await smallDatabase({ connections: 300 })
    onTestFinished(drop)
    const store = await open(url)
    await Promise.all(Array.from({ length: 200 }, () => store.journal.thread('t')))
    expect(await connected()).toBe(4)
    const modest = await open(`${url}?max=2`)
    await store.close()
    await Promise.all(Array.from({ length: 200 }, () => modest.journal.thread('t')))
    await expect.poll(connected).toBe(2)
    for (const max of ['1', '0', 'many', ''])
      await expect(openStore(`${url}?max=${max}`)).rejects.toMatchObject({ code: 'BAD_STORE' })
  })

  it('waits where the server lets nobody else in', async () => {
    const { url, drop } = await smallDatabase({ connections: 5 })
    onTestFinished(drop)
    const first = await openStore(url)
    await Promise.all(Array.from({ length: 200 }, () => first.journal.thread('t')))
    const fifth = new pg.Client({ connectionString: url })
    await fifth.connect()
    const opening = open(url)
    await expect(query(url, 'select 1')).rejects.toMatchObject({ code: '53300' })
    await fifth.end()
    await first.close()
    const second = await opening
    expect(await second.journal.thread('t')).toBeUndefined()
  })
})

/** Ends the connections that are in a transaction, and tells how many; nothing else happens in this process meanwhile. */
function endTransactions(url: string): number {
  const file = new URL('../support/end-transactions-process.ts', import.meta.url).pathname
  return Number(execFileSync(process.execPath, ['--import', 'tsx', file, url], { encoding: 'utf8' }))
}
