import type { Database } from 'better-sqlite3'
import type { Journal } from '../../state/journal.ts'
import { askRows } from './asks.ts'
import { outputRows } from './outputs.ts'
import { threadRows } from './threads.ts'

/** The journal on a migrated database. */
export function sqliteJournal(db: Database): Journal {
  return { ...threadRows(db), ...askRows(db), ...outputRows(db) }
}
