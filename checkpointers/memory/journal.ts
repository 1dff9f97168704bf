import type { AskRecord } from '../../state/asks.ts'
import type { Journal } from '../../state/journal.ts'
import type { ThreadRecord } from '../../state/threads.ts'
import { writer } from '../writes.ts'
import { askRows } from './asks.ts'
import { branchRows } from './branches.ts'
import { callRows } from './calls.ts'
import { checkpointRows } from './checkpoints.ts'
import { eventRows } from './events.ts'
import { grantRows } from './grants.ts'
import { inboxRows } from './inbox.ts'
import { leaseRows } from './leases.ts'
import { outputRows } from './outputs.ts'
import { isPartOf, ownerRows } from './owners.ts'
import { threadRows } from './threads.ts'
import { usageRows } from './usage.ts'

/** A journal in maps, which keep the order of insertion. Records are copied on their way in and out. */
export function memoryJournal(): Journal {
  const threadsById = new Map<string, ThreadRecord>()
  const asksById = new Map<string, AskRecord>()
  const sent = new Map<string, string>()
  const isPart = isPartOf({ threads: threadsById })
  const threads = threadRows(threadsById)
  const asks = askRows(asksById, isPart)
  const calls = callRows(isPart)
  const inbox = inboxRows(sent)
  const usage = usageRows()
  const checkpoints = checkpointRows()
  const branches = branchRows()
  const write = writer({
    ...threads.writes,
    ...asks.writes,
    ...calls.writes,
    ...inbox.writes,
    ...usage.writes,
    ...checkpoints.writes,
    ...branches.writes
  })
  return {
    ...threads.rows,
    ...asks.rows,
    ...calls.rows,
    ...inbox.rows,
    ...usage.rows,
    ...checkpoints.rows,
    ...branches.rows,
    ...ownerRows({ threads: threadsById, asks: asksById, sent }),
    ...grantRows(),
    ...outputRows(),
    ...leaseRows(),
    ...eventRows({ write, isOpen: (askId) => asksById.get(askId)?.status === 'open' }),
    damaged: () => []
  }
}
