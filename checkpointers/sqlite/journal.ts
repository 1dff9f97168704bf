import type { Database } from 'better-sqlite3'
import type { Journal } from '../../state/journal.ts'
import { rowReader } from '../row-reader.ts'
import { askRows } from './asks.ts'
import { callRows } from './calls.ts'
import { eventRows } from './events.ts'
import { inboxRows } from './inbox.ts'
import { leaseRows } from './leases.ts'
import { outputRows } from './outputs.ts'
import { ownerRows } from './owners.ts'
import { threadRows } from './threads.ts'

/** The journal on a migrated database. */
export function sqliteJournal(db: Database): Journal {
  const read = rowReader()
  return {
    ...threadRows(db, read),
    ...askRows(db, read),
    ...outputRows(db, read),
    ...leaseRows(db, read),
    ...callRows(db, read),
    ...inboxRows(db, read),
    ...eventRows(db, read),
    ...ownerRows(db),
    damaged: read.damaged
  }
}
