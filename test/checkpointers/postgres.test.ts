import pg from 'pg'
import { describe, expect, it, onTestFinished } from 'vitest'
import { openStore } from '../../checkpointers/open.ts'
import { describeJournal, expectOneWinner } from '../conformance/journal.ts'
import { describeSaver } from '../conformance/saver.ts'
import { freshDatabase } from '../support/postgres.ts'
import { raceToOpen } from '../support/race-to-open.ts'
import { anAsk, aThread } from '../support/records.ts'

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
    expect(tables.map((row) => row.tablename)).toEqual(expect.arrayContaining(['checkpoints', ...ours]))
    expect(await query(url, 'select version from deputy_schema')).toEqual([{ version: 1 }])
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
})
