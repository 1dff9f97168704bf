// What is read of checkpoints: no more of a list than is answered. `cross join` has SQLite take the tables in this order; left to
// itself it takes a list for short, and walks all of it.
import type { Asked } from '../sharing/tables.ts'

const COLUMNS = `
  l.thread_id as "threadId", l.checkpoint_ns as namespace, c.list, l.epoch, c.checkpoint_id as id,
  c.parent_id as "parentId", c.body
`
const OF_LIST = `
  select ${COLUMNS} from deputy_lists l cross join deputy_checkpoints c on c.list = l.id
  where l.thread_id = @threadId and l.checkpoint_ns = @namespace
`
export const ONE = `${OF_LIST} and c.checkpoint_id = @id`
export const NEWEST = `${OF_LIST} order by c.checkpoint_id desc limit 1`
export const ANCESTORS = `
  with recursive line (id, depth) as (
    select @id, 0
    union all
    select c.parent_id, line.depth + 1 from line
    cross join deputy_checkpoints c on c.list = @list and c.checkpoint_id = line.id
    where c.parent_id is not null and line.depth < @limit - 1
  )
  select ${COLUMNS} from line
  cross join deputy_checkpoints c on c.list = @list and c.checkpoint_id = line.id
  cross join deputy_lists l on l.id = @list
  order by line.depth
`

/** Of each list the newest; and of these the newest. */
export function pageOf({ threadId, namespace, id, before, after, limit }: Asked): [sql: string, values: object] {
  const ofLists = [
    threadId !== undefined && 'l.thread_id = @threadId',
    namespace !== undefined && 'l.checkpoint_ns = @namespace'
  ].filter(Boolean)
  const ofCheckpoints = [
    'list = l.id',
    id && 'checkpoint_id = @id',
    before && 'checkpoint_id < @before',
    after && '(checkpoint_id, l.thread_id, l.checkpoint_ns) < (@afterId, @afterThread, @afterNamespace)',
    // What SQLite finds in the key; the one before says the rest.
    after && 'checkpoint_id <= @afterId'
  ].filter(Boolean)
  const sql = `
    select ${COLUMNS} from deputy_lists l cross join deputy_checkpoints c on c.list = l.id and c.checkpoint_id in (
      select checkpoint_id from deputy_checkpoints
      where ${ofCheckpoints.join(' and ')} order by checkpoint_id desc limit @limit
    )
    ${ofLists.length > 0 ? `where ${ofLists.join(' and ')}` : ''}
    order by c.checkpoint_id desc, l.thread_id desc, l.checkpoint_ns desc limit @limit
  `
  const place = { afterId: after?.id, afterThread: after?.threadId, afterNamespace: after?.namespace }
  return [sql, { threadId, namespace, id, before, limit, ...place }]
}
