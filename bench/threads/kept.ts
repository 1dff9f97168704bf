import { statSync } from 'node:fs'
import type { BaseCheckpointSaver } from '@langchain/langgraph'
import { PostgresSaver } from '@langchain/langgraph-checkpoint-postgres'
import { SqliteSaver } from '@langchain/langgraph-checkpoint-sqlite'
import Database from 'better-sqlite3'
import pg from 'pg'
import { openStore } from '../../checkpointers/open.ts'

/** A saver, and what it has put down so far. */
export interface Kept {
  readonly saver: BaseCheckpointSaver
  bytes(): Promise<number>
  close(): Promise<void>
}

export async function openDeputy(url: string): Promise<Kept> {
  const store = await openStore(url)
  return { saver: store.saver, bytes: () => bytesOf(url), close: store.close }
}

export async function openOfficial(url: string): Promise<Kept> {
  if (!url.startsWith(SQLITE)) {
    const saver = PostgresSaver.fromConnString(url)
    await saver.setup()
    return { saver, bytes: () => bytesOf(url), close: () => saver.end() }
  }
  const db = new Database(url.slice(SQLITE.length), { timeout: 5000 })
  return { saver: new SqliteSaver(db), bytes: () => bytesOf(url), close: async () => void db.close() }
}

const SQLITE = 'sqlite:'

function bytesOf(url: string): Promise<number> {
  return url.startsWith(SQLITE) ? bytesOfFile(url.slice(SQLITE.length)) : bytesOfDatabase(url)
}

/** The file with all that its log still held. */
async function bytesOfFile(path: string): Promise<number> {
  const db = new Database(path, { timeout: 5000 })
  db.pragma('wal_checkpoint(TRUNCATE)')
  db.close()
  return statSync(path).size
}

/** Tables with their indexes and what is kept out of line; a new database has none. */
async function bytesOfDatabase(url: string): Promise<number> {
  const client = new pg.Client(url)
  await client.connect()
  const { rows } = await client.query<{ bytes: number }>(`
    select coalesce(sum(pg_total_relation_size(c.oid)), 0)::double precision as bytes
    from pg_class c where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace
  `)
  await client.end()
  return rows[0]!.bytes
}
