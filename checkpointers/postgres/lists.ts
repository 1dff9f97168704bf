import type { ClientBase } from 'pg'
import { elementPlace, laneBounds, listBounds, MEMBERS, PARTS } from '../sharing/lanes.ts'
import type { ListName, ListState } from '../sharing/shelf.ts'
import type { Connection } from './connection.ts'

const LIST = `
  select id as list, epoch from deputy_lists where thread_id = $1 and checkpoint_ns = $2
`
const LAST = `
  select (select max(id) from deputy_elements where id >= $1 and id < $2) as parts,
    (select max(id) from deputy_elements where id >= $3 and id < $4) as members
`
const LISTS_OF = 'select id from deputy_lists where thread_id = any($1) for update'
const DELETE = `
  with writes as (delete from deputy_writes where list = $1 returning 1),
    checkpoints as (delete from deputy_checkpoints where list = $1 returning 1),
    elements as (delete from deputy_elements where id >= $2 and id < $3 returning 1),
    lists as (delete from deputy_lists where id = $1 returning 1)
  select counted.*, checkpoints + elements + writes + 1 as rows from (
    select (select count(*) from checkpoints)::double precision as checkpoints,
      (select count(*) from elements)::double precision as elements,
      (select count(*) from writes)::double precision as writes
  ) counted
`

/** How many rows went; `rows` are all. */
export interface GoneLists {
  readonly checkpoints: number
  readonly elements: number
  readonly rows: number
}

/** The row of a list; with `lock` nobody writes on it until the transaction ends. */
export async function listState(
  on: Pick<Connection, 'query'> | ClientBase,
  { threadId, namespace }: ListName,
  { lock = false } = {}
): Promise<ListState | undefined> {
  const query = on.query.bind(on) as Connection['query']
  const sql = lock ? `${LIST} for update` : LIST
  const [row] = (await query<{ list: number; epoch: number }>(sql, [threadId, namespace])).rows
  if (!row) return undefined
  const bounds = [...laneBounds(row.list, PARTS), ...laneBounds(row.list, MEMBERS)]
  const last = (await query<{ parts: string | null; members: string | null }>(LAST, bounds)).rows[0]!
  const seqOf = (key: string | null) => elementPlace(Number(key ?? 0)).seq
  return { ...row, last: [seqOf(last.parts), seqOf(last.members)] }
}

/** All that is kept of the checkpoints of threads. To be called in a transaction. */
export async function removeLists(client: ClientBase, threadIds: readonly string[]): Promise<GoneLists> {
  const { rows } = await client.query<{ id: number }>(LISTS_OF, [threadIds])
  const sum = { checkpoints: 0, elements: 0, rows: 0 }
  for (const { id } of rows) {
    const gone = await removeList(client, id)
    for (const kind of ['checkpoints', 'elements', 'rows'] as const) sum[kind] += gone[kind]
  }
  return sum
}

export async function removeList(client: ClientBase, list: number): Promise<GoneLists> {
  const { rows } = await client.query<GoneLists>(DELETE, [list, ...listBounds(list)])
  return rows[0]!
}
