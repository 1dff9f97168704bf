import type { Database } from 'better-sqlite3'
import type { CheckpointPage, Journal } from '../../state/journal.ts'
import type { RowReader } from '../row-reader.ts'
import { LABELS, MARKS } from '../rows.ts'
import type { Writes } from '../writes.ts'

const KEEP = `
  insert into deputy_marks (
    root_thread_id, thread_id, checkpoint_id, parent_checkpoint_id, agent, path, step, source, nodes, next, messages, last, at
  ) values (
    @rootThreadId, @threadId, @checkpointId, @parentCheckpointId, @agent, @path, @step, @source, @nodes, @next, @messages,
    @last, @at
  )
  on conflict (thread_id, checkpoint_id) do nothing
`
const SELECT_MARKS = `
  select place, root_thread_id as "rootThreadId", thread_id as "threadId", checkpoint_id as "checkpointId",
    parent_checkpoint_id as "parentCheckpointId", agent, path, step, source, nodes, next, messages, last, at
  from deputy_marks
`
const MARK = `${SELECT_MARKS} where thread_id = @threadId and checkpoint_id = @checkpointId`
/** What each part of a filter asks of a row. */
const CONDITIONS = {
  before: 'place < @before',
  after: 'place > @after',
  threadId: 'thread_id = @threadId',
  agent: 'agent = @agent',
  node: 'exists (select 1 from json_each(nodes) where value = @node)',
  source: 'source = @source',
  since: 'at >= @since',
  until: 'at <= @until',
  label: `exists (
    select 1 from deputy_labels named where named.root_thread_id = deputy_marks.root_thread_id and named.name = @label
      and named.thread_id = deputy_marks.thread_id and named.checkpoint_id = deputy_marks.checkpoint_id
  )`
} satisfies Record<keyof Omit<CheckpointPage, 'limit' | 'first'>, string>
const ORDER = { newest: 'desc', oldest: 'asc' } as const
const LABEL = `
  insert into deputy_labels (root_thread_id, name, thread_id, checkpoint_id, labelled_at)
  values (@rootThreadId, @name, @threadId, @checkpointId, @labelledAt)
  on conflict (root_thread_id, name) do nothing
`
const UNLABEL = 'delete from deputy_labels where root_thread_id = @rootThreadId and name = @name'
const LABELS_OF = `
  select root_thread_id as "rootThreadId", name, thread_id as "threadId", checkpoint_id as "checkpointId",
    labelled_at as "labelledAt"
  from deputy_labels where root_thread_id = ? order by labelled_at, seq
`

export function checkpointRows(db: Database, read: RowReader) {
  const keep = db.prepare(KEEP)
  const byKey = db.prepare(MARK)
  const label = db.prepare(LABEL)
  const unlabel = db.prepare(UNLABEL)
  const labels = db.prepare(LABELS_OF)

  const writes = {
    checkpoint: ({ mark: { nodes, next, last, ...mark } }) =>
      keep.run({
        ...mark,
        nodes: JSON.stringify(nodes),
        next: JSON.stringify(next),
        last: read.close(JSON.stringify(last), { of: MARKS, row: mark, column: 'last' })
      }).changes === 1
  } satisfies Partial<Writes<boolean>>

  const rows = {
    async checkpoints(rootThreadId, { limit, first = 'newest', ...filter }) {
      const given = Object.entries(filter).filter(([, value]) => value !== undefined)
      const conditions = given.map(([part]) => `and ${CONDITIONS[part as keyof typeof CONDITIONS]}`).join(' ')
      const page = db.prepare(
        `${SELECT_MARKS} where root_thread_id = @rootThreadId ${conditions} order by place ${ORDER[first]} limit @limit offset @offset`
      )
      const values = { rootThreadId, ...Object.fromEntries(given) }
      return read.page(MARKS, { limit, select: (part) => page.all({ ...values, ...part }) })
    },
    checkpoint: async (key) => read.one(MARKS, byKey.get(key)),
    label: async (row) => label.run(row).changes === 1,
    unlabel: async (rootThreadId, name) => unlabel.run({ rootThreadId, name }).changes === 1,
    labelsOf: async (rootThreadId) => read.all(LABELS, labels.all(rootThreadId))
  } satisfies Partial<Journal>
  return { rows, writes }
}
