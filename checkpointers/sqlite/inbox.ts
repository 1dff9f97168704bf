import type { Database } from 'better-sqlite3'
import type { Journal } from '../../state/journal.ts'
import type { RowReader } from '../row-reader.ts'
import { LETTERS, toJson } from '../rows.ts'
import type { Writes } from '../writes.ts'

const SEND = `
  insert into deputy_letters (id, root_thread_id, thread_id, kind, text, sent_at, status)
  values (@id, @rootThreadId, @threadId, @kind, @text, @sentAt, 'waiting')
  on conflict (id) do nothing
`
const WAITING = `
  select id, root_thread_id as "rootThreadId", thread_id as "threadId", kind, text, sent_at as "sentAt",
    status = 'begun' as begun
  from deputy_letters where root_thread_id = ? and status <> 'taken' order by seq
`
/** The row stays, so that a letter sent again is known. */
const TAKE = "update deputy_letters set status = 'taken' where id = ? and status <> 'taken'"
const BEGIN = "update deputy_letters set status = 'begun' where id = ? and status <> 'taken'"

export function inboxRows(db: Database, read: RowReader) {
  const send = db.prepare(SEND)
  const waiting = db.prepare(WAITING)
  const take = db.prepare(TAKE)
  const begin = db.prepare(BEGIN)

  const writes = {
    letter({ letter }) {
      const text = read.close(toJson(letter.text), { of: LETTERS, row: letter, column: 'text' })
      return send.run({ ...letter, text }).changes === 1
    },
    'letter.begun': ({ letterId }) => begin.run(letterId).changes === 1
  } satisfies Partial<Writes<boolean>>

  const rows = {
    send: async (letter) => writes.letter({ letter }),
    letters: async (rootThreadId) => read.all(LETTERS, waiting.all(rootThreadId)),
    takeLetter: async (letterId) => take.run(letterId).changes === 1
  } satisfies Partial<Journal>
  return { rows, writes }
}
