import type { Database } from 'better-sqlite3'
import type { Journal } from '../../state/journal.ts'
import type { RowReader } from '../row-reader.ts'
import { LEASES } from '../rows.ts'

const COLUMNS = 'root_thread_id as "rootThreadId", holder, token, expires_at as "expiresAt"'
/** Compare and set in one statement: right between processes too. */
const ACQUIRE = `
  insert into deputy_leases as last (root_thread_id, holder, token, expires_at)
  values (@rootThreadId, @holder, 1, @now + @ttlMs)
  on conflict (root_thread_id) do update set
    holder = excluded.holder,
    token = case when last.holder = excluded.holder then last.token else last.token + 1 end,
    expires_at = excluded.expires_at
  where last.holder = excluded.holder or last.expires_at <= @now
  returning ${COLUMNS}
`
const STILL_HELD = 'root_thread_id = @rootThreadId and holder = @holder and token = @token and expires_at > 0'
const RENEW = `update deputy_leases set expires_at = @now + @ttlMs where ${STILL_HELD}`
const RELEASE = `update deputy_leases set expires_at = 0 where ${STILL_HELD}`
const LEASE = `select ${COLUMNS} from deputy_leases where root_thread_id = ?`

export function leaseRows(db: Database, read: RowReader) {
  const acquire = db.prepare(ACQUIRE)
  const renew = db.prepare(RENEW)
  const release = db.prepare(RELEASE)
  const byRoot = db.prepare(LEASE)

  return {
    acquireLease: async (request) => read.one(LEASES, acquire.get(request)),
    renewLease: async (lease, by) => renew.run({ ...lease, ...by }).changes === 1,
    releaseLease: async (lease) => void release.run(lease),
    lease: async (rootThreadId) => read.one(LEASES, byRoot.get(rootThreadId))
  } satisfies Partial<Journal>
}
