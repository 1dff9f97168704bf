import type { Database } from 'better-sqlite3'
import type { Journal, RowKey } from '../../state/journal.ts'
import type { Principal } from '../../state/threads.ts'

const OWNER_OF_THREAD = 'select principal from deputy_threads where thread_id = ?'
const OWNER_OF_ASK = `
  select principal from deputy_threads where thread_id = (select root_thread_id from deputy_asks where id = ?)
`
const OWNER_OF_LETTER = `
  select principal from deputy_threads where thread_id = (select root_thread_id from deputy_letters where id = ?)
`

/** Rows of a table whose tree is that of the principal that `?` names. */
export const belongsTo = (table: string) => `exists (
    select 1 from deputy_threads root where root.thread_id = ${table}.root_thread_id and root.principal is ?
  )`

export function ownerRows(db: Database) {
  const ofThread = db.prepare<[string], Owner>(OWNER_OF_THREAD)
  const ofAsk = db.prepare<[string], Owner>(OWNER_OF_ASK)
  const ofLetter = db.prepare<[string], Owner>(OWNER_OF_LETTER)

  return {
    async ownerOf(row: RowKey) {
      if ('threadId' in row) return ofThread.get(row.threadId)
      return 'askId' in row ? ofAsk.get(row.askId) : ofLetter.get(row.letterId)
    }
  } satisfies Partial<Journal>
}

interface Owner {
  principal: Principal
}
