import type { Pool } from 'pg'
import type { Journal } from '../../state/journal.ts'
import type { RowReader } from '../row-reader.ts'
import { LETTERS, toJson } from '../rows.ts'

const SEND = `
  insert into deputy_letters (id, root_thread_id, thread_id, kind, text, sent_at, status)
  values ($1, $2, $3, $4, $5, $6, 'waiting')
  on conflict (id) do nothing
`
const WAITING = `
  select id, root_thread_id as "rootThreadId", thread_id as "threadId", kind, text, sent_at as "sentAt"
  from deputy_letters where root_thread_id = $1 and status = 'waiting' order by seq
`
/** The row stays, so that a letter sent again is known. */
const TAKE = "update deputy_letters set status = 'taken' where id = $1 and status = 'waiting'"

export function inboxRows(pool: Pool, read: RowReader) {
  return {
    async send({ id, rootThreadId, threadId, kind, text, sentAt }) {
      const { rowCount } = await pool.query(SEND, [id, rootThreadId, threadId, kind, toJson(text), sentAt])
      return rowCount === 1
    },
    async letters(rootThreadId) {
      const { rows } = await pool.query<object>(WAITING, [rootThreadId])
      return read.all(LETTERS, rows)
    },
    async takeLetter(letterId) {
      const { rowCount } = await pool.query(TAKE, [letterId])
      return rowCount === 1
    }
  } satisfies Partial<Journal>
}
