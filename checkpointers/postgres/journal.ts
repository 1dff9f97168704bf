import type { Pool } from 'pg'
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
export function postgresJournal(pool: Pool, read: RowReader): Journal {
  return {
    ...threadRows(pool, read),
    ...askRows(pool, read),
    ...outputRows(pool, read),
    ...leaseRows(pool, read),
    ...callRows(pool, read),
    ...inboxRows(pool, read),
    ...eventRows(pool, read),
    damaged: read.damaged
  }
}
