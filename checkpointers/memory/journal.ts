import type { Journal } from '../../state/journal.ts'
import { writer } from '../writes.ts'
import { askRows } from './asks.ts'
import { callRows } from './calls.ts'
import { eventRows } from './events.ts'
import { grantRows } from './grants.ts'
import { inboxRows } from './inbox.ts'
import { leaseRows } from './leases.ts'
import { outputRows } from './outputs.ts'
import { threadRows } from './threads.ts'
import { usageRows } from './usage.ts'

/** A journal in maps, which keep the order of insertion. Records are copied on their way in and out. */
export function memoryJournal(): Journal {
  const [threads, asks, calls, inbox, usage] = [threadRows(), askRows(), callRows(), inboxRows(), usageRows()]
  const write = writer({ ...threads.writes, ...asks.writes, ...calls.writes, ...inbox.writes, ...usage.writes })
  return {
    ...threads.rows,
    ...asks.rows,
    ...calls.rows,
    ...inbox.rows,
    ...usage.rows,
    ...grantRows(),
    ...outputRows(),
    ...leaseRows(),
    ...eventRows(write),
    damaged: () => []
  }
}
