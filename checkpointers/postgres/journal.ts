import type { Pool } from 'pg'
import type { Journal } from '../../state/journal.ts'
import { askRows } from './asks.ts'
import { outputRows } from './outputs.ts'
import { threadRows } from './threads.ts'

/** The journal on a migrated database. */
export function postgresJournal(pool: Pool): Journal {
  return { ...threadRows(pool), ...askRows(pool), ...outputRows(pool) }
}
