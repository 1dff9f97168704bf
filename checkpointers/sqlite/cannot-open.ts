import Database from 'better-sqlite3'
import { messageOf, RuntimeError } from '../../state/errors.ts'

/** What SQLite says of a place that may be right but cannot be used now; anything else speaks of the file's content. */
const OF_THE_PLACE = /^SQLITE_(AUTH|BUSY|CANTOPEN|FULL|IOERR|LOCKED|NOLFS|NOMEM|PERM|PROTOCOL|READONLY)/

/** Why a file could not be opened, and what to do. */
export function cannotOpen(path: string, thrown: unknown): RuntimeError {
  if (thrown instanceof RuntimeError) return thrown
  const reason = messageOf(thrown)
  if (thrown instanceof Database.SqliteError && !OF_THE_PLACE.test(thrown.code))
    return new RuntimeError(
      'BAD_STORE',
      `${path} is no database of Deputy's, or it is damaged (${reason}): move the file away or name another with sqlite:PATH`,
      { cause: thrown }
    )
  return new RuntimeError(
    'STORE_UNAVAILABLE',
    `${path} cannot be opened for writing (${reason}): check the path, its permissions and the free space, or name another with sqlite:PATH`,
    { cause: thrown }
  )
}
