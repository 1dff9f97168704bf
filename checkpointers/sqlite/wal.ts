import type { Database } from 'better-sqlite3'
import { retried } from './begin.ts'

/**
 * Turns write-ahead logging on. SQLite does not wait for its busy timeout here, so two processes that open a fresh file
 * at once would fail; we wait in its place.
 */
export async function useWal(db: Database, { patienceMs }: { patienceMs: number }): Promise<void> {
  await retried(() => db.pragma('journal_mode = WAL'), { patienceMs })
}
