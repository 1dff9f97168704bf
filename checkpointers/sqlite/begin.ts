import { setTimeout as sleep } from 'node:timers/promises'
import Database from 'better-sqlite3'

const RETRY_MS = 20

/**
 * Begins a transaction that has the write lock. It waits for the lock without holding up this process, in which others may have
 * it, with their transaction waiting for its turn.
 */
export async function begin(db: Database.Database, { patienceMs }: { patienceMs: number }): Promise<void> {
  const timeout = db.pragma('busy_timeout', { simple: true })
  db.pragma('busy_timeout = 0')
  try {
    await retried(() => db.exec('begin immediate'), { patienceMs })
  } finally {
    db.pragma(`busy_timeout = ${timeout}`)
  }
}

/** Tries again while another has the lock. */
export async function retried(work: () => unknown, { patienceMs }: { patienceMs: number }): Promise<void> {
  for (let waitedMs = 0; ; waitedMs += RETRY_MS) {
    try {
      work()
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
