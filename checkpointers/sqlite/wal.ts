import type { Database } from 'better-sqlite3'
import { retried } from './begin.ts'

/**
 * How many pages the log has before they go to their places in the file, which is flushed then: 16 MB. A step writes about forty,
 * mostly the same ones again and again, and each of them is moved once.
 */
const LOG_PAGES = 4000

/**
 * Turns write-ahead logging on. SQLite does not wait for its busy timeout here, so two processes that open a fresh file
 * at once would fail; we wait in its place.
 */
export async function useWal(db: Database, { patienceMs }: { patienceMs: number }): Promise<void> {
  await retried(() => db.pragma('journal_mode = WAL'), { patienceMs })
  db.pragma(`wal_autocheckpoint = ${LOG_PAGES}`)
}
