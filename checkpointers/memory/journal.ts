import type { AskRecord } from '../../state/asks.ts'
import type { Journal } from '../../state/journal.ts'
import type { ThreadRecord } from '../../state/threads.ts'
import { askRows } from './asks.ts'
import { callRows } from './calls.ts'
import { eventRows } from './events.ts'
import { inboxRows } from './inbox.ts'
import { leaseRows } from './leases.ts'
import { outputRows } from './outputs.ts'
import { isPartOf, ownerRows } from './owners.ts'
import { threadRows } from './threads.ts'

/** A journal in maps, which keep the order of insertion. Records are copied on their way in and out. */
export function memoryJournal(): Journal {
  const threads = new Map<string, ThreadRecord>()
  const asks = new Map<string, AskRecord>()
  const sent = new Map<string, string>()
  const isPart = isPartOf({ threads })
  const rows = { ...threadRows(threads), ...askRows(asks, isPart), ...outputRows(), ...callRows(isPart) }
  const owners = ownerRows({ threads, asks, sent })
  return { ...rows, ...owners, ...leaseRows(), ...inboxRows(sent), ...eventRows(), damaged: () => [] }
}
