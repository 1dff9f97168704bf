import { setTimeout as sleep } from 'node:timers/promises'
import Database from 'better-sqlite3'

const RETRY_MS = 20

/**
 * Turns write-ahead logging on. SQLite does not wait for its busy timeout here, so two processes that open a fresh file
 * at once would fail; we wait in its place.
 */
export async function useWal(db: Database.Database, { patienceMs }: { patienceMs: number }): Promise<void> {
  for (let waitedMs = 0; ; waitedMs += RETRY_MS) {
    try {
      db.pragma('journal_mode = WAL')
      return
    } catch (thrown) {
      if (!isBusy(thrown) || waitedMs >= patienceMs) throw thrown
      await sleep(RETRY_MS)
    }
  }
}

function isBusy(thrown: unknown): boolean {
  return thrown instanceof Database.SqliteError && thrown.code.startsWith('SQLITE_BUSY')
}
