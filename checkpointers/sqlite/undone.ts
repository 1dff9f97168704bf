import type { Database } from 'better-sqlite3'

/** What a transaction comes to that is taken back. */
export function undone<T>(db: Database, work: () => T): T {
  let result: { readonly of: T } | undefined
  const attempt = db.transaction(() => {
    result = { of: work() }
    throw TAKEN_BACK
  })
  try {
    attempt.immediate()
  } catch (thrown) {
    if (thrown !== TAKEN_BACK) throw thrown
  }
  return result!.of
}

const TAKEN_BACK = new Error('it was only looked at')
