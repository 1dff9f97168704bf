import type { Database } from 'better-sqlite3'
import type { Journal } from '../../state/journal.ts'
import type { RowReader } from '../row-reader.ts'
import { askRows } from './asks.ts'
import { callRows } from './calls.ts'
import { eventRows } from './events.ts'
import { inboxRows } from './inbox.ts'
import { leaseRows } from './leases.ts'
import { outputRows } from './outputs.ts'
import { threadRows } from './threads.ts'

/** The journal on a migrated database. `read` is shared with the saver, so that one list names all that is damaged. */
export function sqliteJournal(db: Database, read: RowReader): Journal {
  return {
    ...threadRows(db, read),
    ...askRows(db, read),
    ...outputRows(db, read),
    ...leaseRows(db, read),
    ...callRows(db, read),
    ...inboxRows(db, read),
    ...eventRows(db, read),
    damaged: read.damaged
  }
}
