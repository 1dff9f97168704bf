import type { Journal } from '../../state/journal.ts'
import { askRows } from './asks.ts'
import { callRows } from './calls.ts'
import { eventRows } from './events.ts'
import { grantRows } from './grants.ts'
import { inboxRows } from './inbox.ts'
import { leaseRows } from './leases.ts'
import { outputRows } from './outputs.ts'
import { threadRows } from './threads.ts'

/** A journal in maps, which keep the order of insertion. Records are copied on their way in and out. */
export function memoryJournal(): Journal {
  const rows = { ...threadRows(), ...askRows(), ...grantRows(), ...outputRows() }
  return { ...rows, ...leaseRows(), ...callRows(), ...inboxRows(), ...eventRows(), damaged: () => [] }
}
