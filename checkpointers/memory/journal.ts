import type { AskRecord } from '../../state/asks.ts'
import type { Journal } from '../../state/journal.ts'
import type { Label } from '../../state/marks.ts'
import type { ThreadRecord } from '../../state/threads.ts'
import type { PrunableSaver } from '../prunable.ts'
import { writer } from '../writes.ts'
import { askRows } from './asks.ts'
import { branchRows } from './branches.ts'
import { callRows } from './calls.ts'
import { checkpointRows } from './checkpoints.ts'
import { stayingDeleted } from './deleted.ts'
import { eventRows } from './events.ts'
import { grantRows } from './grants.ts'
import { inboxRows } from './inbox.ts'
import { leaseRows } from './leases.ts'
import { outputRows } from './outputs.ts'
import { isPartOf, ownerRows } from './owners.ts'
import { retentionRows } from './retention.ts'
import { threadRows } from './threads.ts'
import { usageRows } from './usage.ts'

/** What its store has beside it. */
interface Beside {
  /** Shared with the saver, which lets no checkpoint go that has one. */
  readonly labels?: Map<string, Label>
  /** Whose checkpoints go with their trees. */
  readonly saver?: PrunableSaver
}

/** A journal in maps, which keep the order of insertion. Records are copied on their way in and out. */
export function memoryJournal({ labels = new Map(), saver }: Beside = {}): Journal {
  const threadsById = new Map<string, ThreadRecord>()
  const asksById = new Map<string, AskRecord>()
  const sent = new Map<string, string>()
  const isPart = isPartOf({ threads: threadsById })
  const threads = threadRows(threadsById)
  const asks = askRows(asksById, isPart)
  const calls = callRows(isPart)
  const inbox = inboxRows(sent)
  const usage = usageRows()
  const checkpoints = checkpointRows(labels)
  const branches = branchRows()
  const grants = grantRows()
  const outputs = outputRows()
  const leases = leaseRows()
  const deleted = new Set<string>()
  const write = writer({
    ...threads.writes,
    ...asks.writes,
    ...calls.writes,
    ...inbox.writes,
    ...usage.writes,
    ...checkpoints.writes,
    ...branches.writes
  })
  const events = eventRows({ write, isOpen: (askId) => asksById.get(askId)?.status === 'open' })
  const retention = retentionRows({
    threads: threadsById,
    asks: asksById,
    grants: grants.grants,
    calls: calls.calls,
    leases: leases.leases,
    letters: inbox.waiting,
    sent,
    labels,
    deleted,
    saver,
    events,
    others: [usage, branches],
    forgetOutputs: outputs.forgetOf,
    addUsage: usage.addTo,
    forgetMarks: checkpoints.forgetMarks
  })
  return stayingDeleted(deleted, {
    ...threads.rows,
    ...asks.rows,
    ...calls.rows,
    ...inbox.rows,
    ...usage.rows,
    ...checkpoints.rows,
    ...branches.rows,
    ...ownerRows({ threads: threadsById, asks: asksById, sent }),
    ...grants.rows,
    ...outputs.rows,
    ...leases.rows,
    ...events.rows,
    ...retention,
    damaged: () => []
  })
}
