import type { Pool } from 'pg'
import type { Journal, RowKey } from '../../state/journal.ts'
import type { Principal } from '../../state/threads.ts'

const OWNER_OF_THREAD = 'select principal from deputy_threads where thread_id = $1'
const OWNER_OF_ASK = `
  select principal from deputy_threads where thread_id = (select root_thread_id from deputy_asks where id = $1)
`
const OWNER_OF_LETTER = `
  select principal from deputy_threads where thread_id = (select root_thread_id from deputy_letters where id = $1)
`

/** True also where both are null; unlike `is not distinct from` it finds its rows by an index. No principal is ''. */
export const isPrincipal = (column: string, value: string) => `coalesce(${column}, '') = coalesce(${value}, '')`

/** Rows of a table whose tree is that of the principal that $1 names. */
export const belongsTo = (table: string) => `exists (
    select from deputy_threads root
    where root.thread_id = ${table}.root_thread_id and ${isPrincipal('root.principal', '$1')}
  )`

export function ownerRows(pool: Pool) {
  return {
    async ownerOf(row: RowKey) {
      const { rows } = await pool.query<{ principal: Principal }>(...ownerQuery(row))
      return rows[0]
    }
  } satisfies Partial<Journal>
}

function ownerQuery(row: RowKey): [sql: string, values: [string]] {
  if ('threadId' in row) return [OWNER_OF_THREAD, [row.threadId]]
  return 'askId' in row ? [OWNER_OF_ASK, [row.askId]] : [OWNER_OF_LETTER, [row.letterId]]
}
