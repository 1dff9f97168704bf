import type { Pool } from 'pg'
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
import { inboxRows } from './inbox.ts'
import { leaseRows } from './leases.ts'
import { outputRows } from './outputs.ts'
import { ownerRows } from './owners.ts'
import { retentionRows } from './retention.ts'
import { threadRows } from './threads.ts'
import { usageRows } from './usage.ts'

/** The journal on a migrated database. `read` is shared with the saver, so that one list names all that is damaged. */
export function postgresJournal(pool: Pool, read: RowReader): Journal {
  const threads = threadRows(pool, read)
  const asks = askRows(pool, read)
  const calls = callRows(pool, read)
  const usage = usageRows(pool, read)
  const checkpoints = checkpointRows(pool, read)
  const branches = branchRows(pool, read)
  const inbox = inboxRows(pool, read)
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
    ...eventRows(pool, { read, write }),
    ...grantRows(pool, read),
    ...outputRows(pool, read),
    ...leaseRows(pool, read),
    ...ownerRows(pool),
    ...retentionRows(pool),
    damaged: read.damaged
  })
}
