import Database from 'better-sqlite3'
import { RuntimeError } from '../state/errors.ts'
import { begin } from './sqlite/begin.ts'

/** Longer than whoever has the lock waits for anything. */
const PATIENCE_MS = 120_000

/**
 * Does work that no two processes do at once, of those that lock the same file. It is the lock of an empty database: the system takes
 * it from a process that dies, at whatever point, so no owner has to be looked for and nothing is left to clear away.
 * @throws RuntimeError STORE_UNAVAILABLE where the lock cannot be had
 */
export async function withFileLock<T>(file: string, work: () => Promise<T>): Promise<T> {
  const db = locked(file)
  try {
    await begin(db, { patienceMs: PATIENCE_MS }).catch((cause) => {
      throw unavailable(file, cause)
    })
    return await work()
  } finally {
    db.close()
  }
}

function locked(file: string): Database.Database {
  try {
    return new Database(file)
  } catch (cause) {
    throw unavailable(file, cause)
  }
}

function unavailable(file: string, cause: unknown): RuntimeError {
  return new RuntimeError('STORE_UNAVAILABLE', `the lock ${file} cannot be had`, { cause })
}
