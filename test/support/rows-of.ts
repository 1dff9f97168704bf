import type { MemorySaver } from '@langchain/langgraph-checkpoint'
import Database from 'better-sqlite3'
import pg from 'pg'
import type { Store } from '../../checkpointers/store.ts'

/** All that lies in a store, as text: two of them are equal where nothing was written in between. Of memory: what can be listed. */
export async function rowsOf(store: Store, { url }: { url: string }): Promise<string[]> {
  if (url === 'memory:') return memoryRows(store)
  return url.startsWith('sqlite:') ? sqliteRows(url) : postgresRows(url)
}

async function memoryRows({ journal, saver }: Store): Promise<string[]> {
  const { storage, writes } = saver as unknown as MemorySaver
  const roots = await journal.roots({ limit: 1000 })
  const trees = roots.map(async ({ threadId }) => ({
    threads: await journal.threadsOf(threadId),
    lease: await journal.lease(threadId),
    letters: await journal.letters(threadId),
    events: await journal.eventsOf(threadId, { after: 0, limit: 1000 })
  }))
  const rows = [await journal.openAsks(), await journal.startedCalls(), storage, writes, ...(await Promise.all(trees))]
  return rows.map((row) => JSON.stringify(row))
}

function sqliteRows(url: string): string[] {
  const db = new Database(url.slice('sqlite:'.length), { readonly: true })
  const tables = db
    .prepare<[], string>("select name from sqlite_master where type = 'table' and name not like 'sqlite_%'")
    .pluck()
    .all()
  const rows = tables.flatMap((table) =>
    db
      .prepare(`select * from ${table}`)
      .all()
      .map((row) => [table, row])
  )
  db.close()
  return rows.map((row) => JSON.stringify(row))
}

async function postgresRows(url: string): Promise<string[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const { rows: tables } = await client.query<{ name: string }>(
    "select tablename as name from pg_tables where schemaname = 'public' order by 1"
  )
  const rows: string[] = []
  for (const { name } of tables) {
    const found = await client.query<{ row: string }>(`select kept::text as row from ${name} kept order by 1`)
    rows.push(...found.rows.map(({ row }) => `${name} ${row}`))
  }
  await client.end()
  return rows
}
