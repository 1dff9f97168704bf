import type { Database } from 'better-sqlite3'
import type { Journal } from '../../state/journal.ts'
import type { RowReader } from '../row-reader.ts'
import { GRANTS } from '../rows.ts'

const GRANT = `
  insert into deputy_grants (
    id, root_thread_id, thread_id, path, tool, args_hash, scope, turn, granted_at, expires_at, revoked_at
  ) values (
    @id, @rootThreadId, @threadId, @path, @tool, @argsHash, @scope, @turn, @grantedAt, @expiresAt, @revokedAt
  )
  on conflict (id) do nothing
`
const SELECT_GRANTS = `
  select id, root_thread_id as "rootThreadId", thread_id as "threadId", path, tool, args_hash as "argsHash", scope, turn,
    granted_at as "grantedAt", expires_at as "expiresAt", revoked_at as "revokedAt"
  from deputy_grants
`
const HOLDING = `${SELECT_GRANTS}
  where thread_id in (select value from json_each(@threadIds))
    and revoked_at is null and (expires_at is null or expires_at > @now)
  order by granted_at, seq
`
const GRANTS_OF = `${SELECT_GRANTS} where root_thread_id = ? order by granted_at, seq`
/** Compare and set in one statement: right between processes too. */
const REVOKE = 'update deputy_grants set revoked_at = @at where id = @id and revoked_at is null'

export function grantRows(db: Database, read: RowReader) {
  const give = db.prepare(GRANT)
  const holding = db.prepare(HOLDING)
  const byRoot = db.prepare(GRANTS_OF)
  const revoke = db.prepare(REVOKE)

  return {
    async grant(grant) {
      give.run({ ...grant, argsHash: read.close(grant.argsHash, { of: GRANTS, row: grant, column: 'argsHash' }) })
    },
    async grants({ threadIds, now }) {
      return read.all(GRANTS, holding.all({ threadIds: JSON.stringify(threadIds), now }))
    },
    grantsOf: async (rootThreadId) => read.all(GRANTS, byRoot.all(rootThreadId)),
    revokeGrant: async (id, at) => revoke.run({ id, at }).changes === 1
  } satisfies Partial<Journal>
}
