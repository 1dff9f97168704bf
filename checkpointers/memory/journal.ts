import type { Journal } from '../../state/journal.ts'
import { writer } from '../writes.ts'
import { askRows } from './asks.ts'
import { callRows } from './calls.ts'
import { eventRows } from './events.ts'
import { inboxRows } from './inbox.ts'
import { leaseRows } from './leases.ts'
import { outputRows } from './outputs.ts'
import { threadRows } from './threads.ts'
import { usageRows } from './usage.ts'

/** A journal in maps, which keep the order of insertion. Records are copied on their way in and out. */
export function memoryJournal(): Journal {
  const [threads, asks, calls, usage] = [threadRows(), askRows(), callRows(), usageRows()]
  const write = writer({ ...threads.writes, ...asks.writes, ...calls.writes, ...usage.writes })
  return {
    ...threads.rows,
    ...asks.rows,
    ...calls.rows,
    ...usage.rows,
    ...outputRows(),
    ...leaseRows(),
    ...inboxRows(),
    ...eventRows(write),
    damaged: () => []
  }
}
