import type { Pool } from 'pg'
import type { Journal } from '../../state/journal.ts'
import type { RowReader } from '../row-reader.ts'
import { GRANTS } from '../rows.ts'

const GRANT = `
  insert into deputy_grants (
    id, root_thread_id, thread_id, path, tool, args_hash, scope, turn, granted_at, expires_at, revoked_at
  ) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
  on conflict (id) do nothing
`
const SELECT_GRANTS = `
  select id, root_thread_id as "rootThreadId", thread_id as "threadId", path, tool, args_hash as "argsHash", scope, turn,
    granted_at as "grantedAt", expires_at as "expiresAt", revoked_at as "revokedAt"
  from deputy_grants
`
const HOLDING = `${SELECT_GRANTS}
  where thread_id = any ($1) and revoked_at is null and (expires_at is null or expires_at > $2)
  order by granted_at, seq
`
const GRANTS_OF = `${SELECT_GRANTS} where root_thread_id = $1 order by granted_at, seq`
/** Compare and set in one statement: right between processes too. */
const REVOKE = 'update deputy_grants set revoked_at = $2 where id = $1 and revoked_at is null'

export function grantRows(pool: Pool, read: RowReader) {
  const select = async (sql: string, values: unknown[]) => (await pool.query<object>(sql, values)).rows

  return {
    async grant({ id, rootThreadId, threadId, path, tool, argsHash, scope, turn, ...times }) {
      const hash = read.close(argsHash, { of: GRANTS, row: { id }, column: 'argsHash' })
      const given = [id, rootThreadId, threadId, path, tool, hash, scope, turn]
      await pool.query(GRANT, [...given, times.grantedAt, times.expiresAt, times.revokedAt])
    },
    grants: async ({ threadIds, now }) => read.all(GRANTS, await select(HOLDING, [threadIds, now])),
    grantsOf: async (rootThreadId) => read.all(GRANTS, await select(GRANTS_OF, [rootThreadId])),
    async revokeGrant(id, at) {
      const { rowCount } = await pool.query(REVOKE, [id, at])
      return rowCount === 1
    }
  } satisfies Partial<Journal>
}
