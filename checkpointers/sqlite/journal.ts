import type { Database } from 'better-sqlite3'
import type { Journal } from '../../state/journal.ts'
import { refusingDeleted } from '../refusing-deleted.ts'
import type { RowReader } from '../row-reader.ts'
import { writer } from '../writes.ts'
import { askRows } from './asks.ts'
import { branchRows } from './branches.ts'
import { callRows } from './calls.ts'
import { checkpointRows } from './checkpoints.ts'
import { eventRows } from './events.ts'
import { isRefusedAsDeleted } from './fence.ts'
import { grantRows } from './grants.ts'
import type { GroupCommit } from './group-commit.ts'
import { inboxRows } from './inbox.ts'
import { leaseRows } from './leases.ts'
import { outputRows } from './outputs.ts'
import { ownerRows } from './owners.ts'
import { retentionRows } from './retention.ts'
import { threadRows } from './threads.ts'
import { usageRows } from './usage.ts'

interface Parts {
  /** Shared with the saver, so that one list names all that is damaged. */
  readonly read: RowReader
  readonly holder: string
  readonly group: GroupCommit
}

/** The journal on a migrated database. */
export function sqliteJournal(db: Database, { read, holder, group }: Parts): Journal {
  const threads = threadRows(db, read)
  const asks = askRows(db, read)
  const calls = callRows(db, read)
  const usage = usageRows(db, read)
  const checkpoints = checkpointRows(db, read)
  const branches = branchRows(db, read)
  const inbox = inboxRows(db, read)
  const write = writer({
    ...threads.writes,
    ...asks.writes,
    ...calls.writes,
    ...inbox.writes,
    ...usage.writes,
    ...checkpoints.writes,
    ...branches.writes
  })
  return refusingDeleted(isRefusedAsDeleted, {
    ...threads.rows,
    ...asks.rows,
    ...calls.rows,
    ...inbox.rows,
    ...usage.rows,
    ...checkpoints.rows,
    ...branches.rows,
    ...eventRows(db, { read, write, holder, group }),
    ...grantRows(db, read),
    ...outputRows(db, read),
    ...leaseRows(db, read),
    ...ownerRows(db),
    ...retentionRows(db),
    damaged: read.damaged
  })
}
