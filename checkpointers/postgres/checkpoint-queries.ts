// What is read of checkpoints. Whatever Postgres knows of the tables, it reads no more of a list than it answers with: a limit that is
// within `lateral` leaves it nothing but to look each row up, or to walk the key from its end.
import type { Asked, CheckpointRow } from '../sharing/tables.ts'

/** The writes as arrays of bytes: no value of a damaged row makes the row fail, so that it hides no other. */
const writesWhere = (condition: string) => `(
  select array_agg(array[w.task_id, convert_to(w.idx::text, 'UTF8'), convert_to(w.channel, 'UTF8'), w.body]
    order by w.task_id, w.idx)
  from deputy_writes w where w.list = c.list and w.checkpoint_id = c.checkpoint_id ${condition}
) as writes`
const COLUMNS = `
  l.thread_id as "threadId", l.checkpoint_ns as namespace, c.list, l.epoch, c.checkpoint_id as id,
  c.parent_id as "parentId", c.body
`
/** Of each list the newest checkpoints of which something is true. */
const newestWhere = (condition: string, limit: string) => `
  select ${COLUMNS}, ${writesWhere('')} from deputy_lists l join lateral (
    select list, checkpoint_id, parent_id, body from deputy_checkpoints
    where ${condition} order by list desc, checkpoint_id desc limit ${limit}
  ) c on c.list = l.id
`
const OF_LIST = 'where l.thread_id = $1 and l.checkpoint_ns = $2'

export const ONE = `${newestWhere('list = l.id and checkpoint_id = $3', '1')} ${OF_LIST}`
export const NEWEST = `${newestWhere('list = l.id', '1')} ${OF_LIST}`
export const ANCESTORS = `
  with recursive line as (
    select list, checkpoint_id, parent_id, body, 0 as depth from deputy_checkpoints where list = $1 and checkpoint_id = $2
    union all
    select parent.*, line.depth + 1 from line cross join lateral (
      select list, checkpoint_id, parent_id, body from deputy_checkpoints
      where list = $1 and checkpoint_id = line.parent_id limit 1
    ) parent
    where line.depth < $4 - 1
  )
  select ${COLUMNS}, ${writesWhere('and w.channel = any($3)')}
  from line c join deputy_lists l on l.id = $1 order by c.depth
`

/**
 * The statement of a page, and its values. It asks for a stretch of the key that might reach back into other lists: of `list = l.id`
 * Postgres believes without statistics that few rows meet it, reads them all, and sorts them.
 */
export function pageOf({ threadId, namespace, id, before, after, limit }: Asked): [sql: string, values: unknown[]] {
  const values: unknown[] = [limit]
  const given = (value: unknown) => `$${values.push(value)}`
  const ofLists = [
    threadId !== undefined && `l.thread_id = ${given(threadId)}`,
    namespace !== undefined && `l.checkpoint_ns = ${given(namespace)}`
  ].filter(Boolean)
  const ends = [before && `${given(before)}::bytea`, after && behind(after, given)].filter(Boolean)
  const end = ends.length > 0 ? `l.id, least(${ends.join(', ')})` : "l.id + 1, ''"
  const one = id ? `and list = l.id and checkpoint_id = ${given(id)}` : ''
  const sql = `
    ${newestWhere(`(list, checkpoint_id) < (${end}) ${one}`, '$1')}
    ${ofLists.length > 0 ? `where ${ofLists.join(' and ')}` : ''}
    order by c.checkpoint_id desc, l.thread_id desc, l.checkpoint_ns desc limit $1
  `
  return [sql, values]
}

/** Where a list goes on behind a row: at its id, or just above it where a checkpoint of the same id comes later in the order. */
function behind({ id, threadId, namespace }: CheckpointRow, given: (value: unknown) => string): string {
  const at = `${given(id)}::bytea`
  const isLater = `(l.thread_id, l.checkpoint_ns) < (${given(threadId)}, ${given(namespace)})`
  return `case when ${isLater} then ${at} || '\\x00' else ${at} end`
}
