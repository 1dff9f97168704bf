import type { ClientBase, Pool } from 'pg'
import type { Journal } from '../../state/journal.ts'
import type { RowReader } from '../row-reader.ts'
import { LETTERS, toJson } from '../rows.ts'
import type { Writes } from '../writes.ts'

const SEND = `
  insert into deputy_letters (id, root_thread_id, thread_id, kind, text, sent_at, status)
  values ($1, $2, $3, $4, $5, $6, 'waiting')
  on conflict (id) do nothing
`
const WAITING = `
  select id, root_thread_id as "rootThreadId", thread_id as "threadId", kind, text, sent_at as "sentAt",
    status = 'begun' as begun
  from deputy_letters where root_thread_id = $1 and status <> 'taken' order by seq
`
/** The row stays, so that a letter sent again is known. */
const TAKE = "update deputy_letters set status = 'taken' where id = $1 and status <> 'taken'"
const BEGIN = "update deputy_letters set status = 'begun' where id = $1 and status <> 'taken'"

export function inboxRows(pool: Pool, read: RowReader) {
  const writes = {
    async letter({ letter }, on) {
      const { id, rootThreadId, threadId, kind, sentAt } = letter
      const text = read.close(toJson(letter.text), { of: LETTERS, row: letter, column: 'text' })
      const { rowCount } = await on.query(SEND, [id, rootThreadId, threadId, kind, text, sentAt])
      return rowCount === 1
    },
    async 'letter.begun'({ letterId }, on) {
      const { rowCount } = await on.query(BEGIN, [letterId])
      return rowCount === 1
    }
  } satisfies Partial<Writes<Promise<boolean>, [on: Pool | ClientBase]>>

  const rows = {
    send: (letter) => writes.letter({ letter }, pool),
    async letters(rootThreadId) {
      const { rows } = await pool.query<object>(WAITING, [rootThreadId])
      return read.all(LETTERS, rows)
    },
    async takeLetter(letterId) {
      const { rowCount } = await pool.query(TAKE, [letterId])
      return rowCount === 1
    }
  } satisfies Partial<Journal>
  return { rows, writes }
}
