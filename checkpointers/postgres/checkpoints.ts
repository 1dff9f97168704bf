import type { ClientBase, Pool } from 'pg'
import type { CheckpointPage, Journal } from '../../state/journal.ts'
import type { RowReader } from '../row-reader.ts'
import { LABELS, MARKS } from '../rows.ts'
import type { Writes } from '../writes.ts'

const KEEP = `
  insert into deputy_marks (
    root_thread_id, thread_id, checkpoint_id, parent_checkpoint_id, agent, path, step, source, nodes, next, messages, last, at
  ) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
  on conflict (thread_id, checkpoint_id) do nothing
`
const SELECT_MARKS = `
  select place::double precision, root_thread_id as "rootThreadId", thread_id as "threadId",
    checkpoint_id as "checkpointId", parent_checkpoint_id as "parentCheckpointId", agent, path, step, source, nodes, next,
    messages, last, at
  from deputy_marks
`
const MARK = `${SELECT_MARKS} where thread_id = $1 and checkpoint_id = $2`
/** What each part of a filter asks of a row; `$` stands for its value. */
const CONDITIONS = {
  before: 'deputy_marks.place < $',
  after: 'deputy_marks.place > $',
  threadId: 'thread_id = $',
  agent: 'agent = $',
  node: 'jsonb_exists(nodes::jsonb, $)',
  source: 'source = $',
  since: 'at >= $',
  until: 'at <= $',
  label: `exists (
    select from deputy_labels named where named.root_thread_id = deputy_marks.root_thread_id and named.name = $
      and named.thread_id = deputy_marks.thread_id and named.checkpoint_id = deputy_marks.checkpoint_id
  )`
} satisfies Record<keyof Omit<CheckpointPage, 'limit' | 'first'>, string>
const ORDER = { newest: 'desc', oldest: 'asc' } as const
const LABEL = `
  insert into deputy_labels (root_thread_id, name, thread_id, checkpoint_id, labelled_at) values ($1, $2, $3, $4, $5)
  on conflict (root_thread_id, name) do nothing
`
const UNLABEL = 'delete from deputy_labels where root_thread_id = $1 and name = $2'
const LABELS_OF = `
  select root_thread_id as "rootThreadId", name, thread_id as "threadId", checkpoint_id as "checkpointId",
    labelled_at as "labelledAt"
  from deputy_labels where root_thread_id = $1 order by labelled_at, seq
`

export function checkpointRows(pool: Pool, read: RowReader) {
  const select = async (sql: string, values: unknown[]) => (await pool.query<object>(sql, values)).rows

  const writes = {
    async checkpoint({ mark }, on) {
      const { rootThreadId, threadId, checkpointId, parentCheckpointId, agent, path, step, source } = mark
      const place = [rootThreadId, threadId, checkpointId, parentCheckpointId, agent, path, step, source]
      const lists = [JSON.stringify(mark.nodes), JSON.stringify(mark.next)]
      const last = read.close(JSON.stringify(mark.last), { of: MARKS, row: mark, column: 'last' })
      const { rowCount } = await on.query(KEEP, [...place, ...lists, mark.messages, last, mark.at])
      return rowCount === 1
    }
  } satisfies Partial<Writes<Promise<boolean>, [on: ClientBase]>>

  const rows = {
    async checkpoints(rootThreadId, { limit, first = 'newest', ...filter }) {
      const given = Object.entries(filter).filter(([, value]) => value !== undefined)
      const conditions = given.map(
        ([part], nth) => `and ${CONDITIONS[part as keyof typeof CONDITIONS].replace('$', () => `$${nth + 4}`)}`
      )
      const sql = `
        ${SELECT_MARKS} where root_thread_id = $1 ${conditions.join(' ')}
        order by deputy_marks.place ${ORDER[first]} limit $2 offset $3
      `
      const values = given.map(([, value]) => value)
      return read.page(MARKS, {
        limit,
        select: (part) => select(sql, [rootThreadId, part.limit, part.offset, ...values])
      })
    },
    checkpoint: async ({ threadId, checkpointId }) =>
      read.one(MARKS, (await select(MARK, [threadId, checkpointId]))[0]),
    async label({ rootThreadId, name, threadId, checkpointId, labelledAt }) {
      return (await pool.query(LABEL, [rootThreadId, name, threadId, checkpointId, labelledAt])).rowCount === 1
    },
    unlabel: async (rootThreadId, name) => (await pool.query(UNLABEL, [rootThreadId, name])).rowCount === 1,
    labelsOf: async (rootThreadId) => read.all(LABELS, await select(LABELS_OF, [rootThreadId]))
  } satisfies Partial<Journal>
  return { rows, writes }
}
