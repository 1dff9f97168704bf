import type { Pool } from 'pg'
import type { Journal } from '../../state/journal.ts'
import type { RowReader } from '../row-reader.ts'
import { LEASES } from '../rows.ts'
import { treeLock } from './fence.ts'

const COLUMNS = 'root_thread_id as "rootThreadId", holder, token, expires_at as "expiresAt"'
/** Compare and set in one statement: right between processes too. */
const ACQUIRE = `
  insert into deputy_leases as last (root_thread_id, holder, token, expires_at)
  select $1::text, $2, 1, $3 from (select pg_advisory_xact_lock(${treeLock('$1')})) as alone
  on conflict (root_thread_id) do update set
    holder = excluded.holder,
    token = case when last.holder = excluded.holder then last.token else last.token + 1 end,
    expires_at = excluded.expires_at
  where last.holder = excluded.holder or last.expires_at <= $4
  returning ${COLUMNS}
`
const STILL_HELD = 'root_thread_id = $1 and holder = $2 and token = $3 and expires_at > 0'
const RENEW = `update deputy_leases set expires_at = $4 where ${STILL_HELD}`
const RELEASE = `update deputy_leases set expires_at = 0 where ${STILL_HELD}`
const LEASE = `select ${COLUMNS} from deputy_leases where root_thread_id = $1`

export function leaseRows(pool: Pool, read: RowReader) {
  return {
    async acquireLease({ rootThreadId, holder, now, ttlMs }) {
      const { rows } = await pool.query<object>(ACQUIRE, [rootThreadId, holder, now + ttlMs, now])
      return read.one(LEASES, rows[0])
    },
    async renewLease({ rootThreadId, holder, token }, { now, ttlMs }) {
      const { rowCount } = await pool.query(RENEW, [rootThreadId, holder, token, now + ttlMs])
      return rowCount === 1
    },
    async releaseLease({ rootThreadId, holder, token }) {
      await pool.query(RELEASE, [rootThreadId, holder, token])
    },
    async lease(rootThreadId) {
      const { rows } = await pool.query<object>(LEASE, [rootThreadId])
      return read.one(LEASES, rows[0])
    }
  } satisfies Partial<Journal>
}
