import { statSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { openStore } from '../checkpointers/open.ts'
import { useWal } from '../checkpointers/sqlite/wal.ts'
import type { Store } from '../checkpointers/store.ts'
import { openSqlite, type SqliteSide } from './sides/langchain.ts'

export interface SqlitePair {
  readonly ours: { readonly store: Store; readonly db: Database.Database; readonly path: string }
  readonly theirs: SqliteSide & { readonly path: string }
}

/** Lends a file for each side, both in `dir`. */
export async function onSqlite<T>(dir: string, work: (pair: SqlitePair) => Promise<T>): Promise<T> {
  const ourPath = join(dir, 'ours.db')
  const theirPath = join(dir, 'theirs.db')
  const store = await openStore(`sqlite:${ourPath}`)
  // The store's own connection is its own. Another one to the file is set up alike, and asks and truncates as well.
  const db = new Database(ourPath)
  await useWal(db, { patienceMs: 0 })
  const theirs = openSqlite(theirPath)
  try {
    return await work({ ours: { store, db, path: ourPath }, theirs: { ...theirs, path: theirPath } })
  } finally {
    db.close()
    await store.close()
    theirs.db.close()
  }
}

/** What decides the price of a commit; to be asked after the first write, since SQLite answers otherwise before. */
export function pragmasOf(db: Database.Database): string {
  const values = PRAGMAS.map((name) => `${name}=${db.pragma(name, { simple: true })}`)
  return values.join(' ')
}

const PRAGMAS = ['journal_mode', 'synchronous', 'wal_autocheckpoint', 'page_size', 'cache_size']

/** Bytes of the file with all that its log still held. */
export function bytesOf({ db, path }: { db: Database.Database; path: string }): number {
  db.pragma('wal_checkpoint(TRUNCATE)')
  return statSync(path).size
}
