import Database from 'better-sqlite3'
import pg from 'pg'

/** How many rows a store has in each of its tables. */
export async function rowCounts(url: string): Promise<ReadonlyMap<string, number>> {
  return url.startsWith('sqlite:') ? sqliteCounts(url.slice('sqlite:'.length)) : postgresCounts(url)
}

export function total(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((sum, count) => sum + count, 0)
}

function sqliteCounts(path: string): ReadonlyMap<string, number> {
  const db = new Database(path, { readonly: true })
  const tables = db
    .prepare<[], string>("select name from sqlite_master where type = 'table' and name like 'deputy_%'")
    .pluck()
    .all()
  const counts = tables.map(
    (table) => [table, db.prepare<[], number>(`select count(*) from ${table}`).pluck().get()!] as const
  )
  db.close()
  return new Map(counts)
}

async function postgresCounts(url: string): Promise<ReadonlyMap<string, number>> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const { rows: tables } = await client.query<{ name: string }>(
    "select tablename as name from pg_tables where schemaname = 'public' and tablename like 'deputy_%'"
  )
  const counts = new Map<string, number>()
  for (const { name } of tables) {
    const { rows } = await client.query<{ count: string }>(`select count(*) from ${name}`)
    counts.set(name, Number(rows[0]!.count))
  }
  await client.end()
  return counts
}
