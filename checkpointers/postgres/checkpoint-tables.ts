import type { QueryConfig } from 'pg'
import { leaseLost } from '../lease-lost.ts'
import { elementKey, elementPlace } from '../sharing/lanes.ts'
import type {
  Change,
  CheckpointRow,
  CheckpointTables,
  ElementRow,
  NewCheckpoint,
  NewWrite,
  Outcome
} from '../sharing/tables.ts'
import { ANCESTORS, NEWEST, ONE, pageOf } from './checkpoint-queries.ts'
import type { Connection } from './connection.ts'
import { hasCode, isFenced } from './fence.ts'
import { listState, removeLists } from './lists.ts'
import { prepared } from './prepared.ts'
import { pruneList } from './prune-list.ts'

const ELEMENTS = `
  select e.id, e.body from unnest($1::bigint[], $2::bigint[]) as span (first, beyond)
  join deputy_elements e on e.id >= span.first and e.id < span.beyond
`
/** None for a thread that was deleted, unless it is begun anew. */
const ADD_LIST = `
  insert into deputy_lists (thread_id, checkpoint_ns)
  select $1, $2 where $3 or not exists (select from deputy_deleted where thread_id = $1)
  on conflict (thread_id, checkpoint_ns) do nothing returning id as list
`
const IS_DELETED = `
  select from deputy_deleted
  where thread_id = $1 and not exists (select from deputy_lists where thread_id = $1 and checkpoint_ns = $2)
`
const BEGIN_AGAIN = 'delete from deputy_deleted where thread_id = $1'
const NOTE_DELETED = 'insert into deputy_deleted (thread_id) values ($1) on conflict do nothing'
const NAMESPACES = 'select checkpoint_ns as namespace from deputy_lists where thread_id = $1'
const addWrites = (from: number) => `
  insert into deputy_writes (list, checkpoint_id, task_id, idx, channel, body)
  select found.id, new.* from found, unnest(
    $${from}::bytea[], $${from + 1}::bytea[], $${from + 2}::integer[], $${from + 3}::text[], $${from + 4}::bytea[]
  ) as new
  on conflict (list, checkpoint_id, task_id, idx)
`
/** One statement, one round trip. Nothing is written where the list's row is not as it was found. */
const COMMIT = `
  with found as (
    select id from deputy_lists where id = $1 and epoch = $2 for share
  ), elements as (
    insert into deputy_elements (id, body) select new.* from found, unnest($3::bigint[], $4::bytea[]) as new
  ), checkpoints as (
    insert into deputy_checkpoints (list, checkpoint_id, parent_id, body)
    select found.id, new.* from found, unnest($5::bytea[], $6::bytea[], $7::bytea[]) as new
    on conflict (list, checkpoint_id) do update set parent_id = excluded.parent_id, body = excluded.body
  ), kept as (
    ${addWrites(8)} do nothing
  ), replaced as (
    ${addWrites(13)} do update set channel = excluded.channel, body = excluded.body
  )
  select id from found
`
const commit = prepared('commit', COMMIT)
/** Another process has written elements of the same numbers: it was first. */
const UNIQUE_VIOLATION = '23505'

type Cells = readonly (Buffer | null)[]
type Row = Omit<CheckpointRow, 'writes'> & { readonly writes: readonly Cells[] | null }

/** The tables of checkpoints on a migrated database. */
export function checkpointTables(on: Connection): CheckpointTables {
  const rows = async (sql: string, values: unknown[]) => (await on.query<Row>(sql, values)).rows.map(checkpointRow)
  return {
    find: (name) => listState(on, name),
    async checkpoint({ threadId, namespace }, id) {
      const found = await (id ? rows(ONE, [threadId, namespace, id]) : rows(NEWEST, [threadId, namespace]))
      return found[0]
    },
    page: (asked) => rows(...pageOf(asked)),
    ancestors: ({ list, id, channels, limit }) => rows(ANCESTORS, [list, id, channels, limit]),
    async elements(list, spans) {
      const first = spans.map(({ lane, from }) => elementKey({ list, lane, seq: from }))
      const beyond = spans.map(({ count }, at) => first[at]! + count)
      const found = await on.query<{ id: string; body: unknown }>(ELEMENTS, [first, beyond])
      return found.rows.map(({ id, body }): ElementRow => ({ ...elementPlace(Number(id)), body }))
    },
    commit: (changes) => commitAll(on, changes),
    deleteThread: (threadId) => deleteThread(on, threadId),
    async namespaces(threadId) {
      const { rows: lists } = await on.query<{ namespace: string }>(NAMESPACES, [threadId])
      return lists.map(({ namespace }) => namespace)
    },
    prune: (name, steps, how) => pruneList(on, name, { steps, ...how })
  }
}

function checkpointRow({ writes, ...row }: Row): CheckpointRow {
  const cells = (writes ?? []).map(([taskId, idx, channel, body]) => ({
    taskId,
    idx: Number(idx),
    channel: String(channel),
    body
  }))
  return { ...row, writes: cells }
}

async function commitAll(on: Connection, changes: readonly Change[]): Promise<Outcome[]> {
  if (changes.length === 1) return [await commitAlone(on, changes[0]!)]
  try {
    return await on.transaction((client) => writeAll(client, changes))
  } catch {
    const outcomes: Outcome[] = []
    for (const change of changes) outcomes.push(await commitAlone(on, change)) // one is no matter of the others
    return outcomes
  }
}

interface Statements {
  query(asked: QueryConfig): Promise<{ readonly rows: readonly object[]; readonly rowCount: number | null }>
}

async function writeAll(client: Statements, changes: readonly Change[]): Promise<Outcome[]> {
  const outcomes: Outcome[] = []
  for (const change of changes) outcomes.push(await write(client, change))
  return outcomes
}

/** On a list that is there one statement does. */
async function commitAlone(on: Connection, change: Change): Promise<Outcome> {
  try {
    if (change.found) return await write({ query: on.statement }, change)
    return await on.transaction((client) => write(client, change))
  } catch (thrown) {
    if (hasCode(thrown, UNIQUE_VIOLATION)) return { kind: 'stale' }
    return { kind: 'failed', error: isFenced(thrown) ? leaseLost(change.name.threadId, thrown) : thrown }
  }
}

async function write(on: Statements, change: Change): Promise<Outcome> {
  const { name, found, elements } = change
  const list = found?.list ?? (await addList(on, change))
  if (list === undefined) return { kind: (await isDeleted(on, name)) ? 'deleted' : 'stale' }
  const keys = elements.map(({ lane, seq }) => elementKey({ list, lane, seq }))
  const { kept, replaced } = lastOfEach(change.writes)
  const bodies = elements.map(({ body }) => body)
  const checkpoints = checkpointColumns(change.checkpoints)
  const writes = [...writeColumns(kept), ...writeColumns(replaced)]
  const { rowCount } = await on.query(commit([list, found?.epoch ?? 0, keys, bodies, ...checkpoints, ...writes]))
  return rowCount === 1 ? { kind: 'done', list } : { kind: 'stale' }
}

async function addList(on: Statements, { name, begins }: Change): Promise<number | undefined> {
  const { threadId, namespace } = name
  if (begins) await on.query({ text: BEGIN_AGAIN, values: [threadId] })
  const { rows } = await on.query({ text: ADD_LIST, values: [threadId, namespace, begins] })
  return (rows[0] as { list: number } | undefined)?.list
}

async function isDeleted(on: Statements, { threadId, namespace }: Change['name']): Promise<boolean> {
  return (await on.query({ text: IS_DELETED, values: [threadId, namespace] })).rowCount !== 0
}

function checkpointColumns(checkpoints: readonly NewCheckpoint[]): unknown[][] {
  const last = [...new Map(checkpoints.map((row) => [row.id.toString('hex'), row])).values()]
  return [last.map(({ id }) => id), last.map(({ parentId }) => parentId), last.map(({ body }) => body)]
}

function writeColumns(writes: readonly NewWrite[]): unknown[][] {
  return [
    writes.map(({ checkpointId }) => checkpointId),
    writes.map(({ taskId }) => taskId),
    writes.map(({ idx }) => idx),
    writes.map(({ channel }) => channel),
    writes.map(({ body }) => body)
  ]
}

/** One statement takes each row once: of several for one place the one that would be there after all of them. */
function lastOfEach(writes: readonly NewWrite[]): { kept: NewWrite[]; replaced: NewWrite[] } {
  const rows = new Map<string, NewWrite>()
  for (const write of writes) {
    const key = [write.checkpointId.toString('hex'), write.taskId.toString('hex'), write.idx].join(' ')
    if (write.replaces || !rows.has(key)) rows.set(key, write)
  }
  const all = [...rows.values()]
  return { kept: all.filter(({ replaces }) => !replaces), replaced: all.filter(({ replaces }) => replaces) }
}

async function deleteThread(on: Connection, threadId: string): Promise<void> {
  await on.transaction(async (client) => {
    if ((await removeLists(client, [threadId])).rows > 0) await client.query(NOTE_DELETED, [threadId])
  })
}
