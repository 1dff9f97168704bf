import type { ClientBase, Pool } from 'pg'
import type { Journal } from '../../state/journal.ts'
import type { GoneRows, Held, RowsToGo, TreeToGo } from '../../state/retention.ts'
import { TABLES_OF_A_TREE } from '../tables-of-a-tree.ts'
import { anyOf } from './connection.ts'
import { PRUNE_EVENTS } from './events.ts'
import { treeLock } from './fence.ts'
import { removeLists } from './lists.ts'
import { undone } from './undone.ts'

/** Until the transaction ends nobody takes the lease of the tree, nor writes where a fence stands. */
const LOCK_TREE = `select pg_advisory_xact_lock(${treeLock('$1')})`
/** What holds a tree, the first that does. */
const HELD = `
  select case
    when exists (select from deputy_asks where root_thread_id = $1 and status = 'open') then 'asking'
    when exists (select from deputy_labels where root_thread_id = $1) then 'labelled'
    when exists (select from deputy_leases where root_thread_id = $1 and expires_at > $2) then 'live'
    when exists (
      select from deputy_threads where root_thread_id = $1 and status in ('running', 'asking', 'paused')
    ) then 'unfinished'
    when exists (
      select from deputy_letters
      where root_thread_id = $1 and status <> 'taken' and kind in ('queue', 'follow-up', 'report')
    ) then 'unfinished'
    when exists (select from deputy_threads where root_thread_id = $1 and updated_at > $3) then 'young'
  end as held
`
const NOTE_DELETED = `
  insert into deputy_deleted (thread_id) select thread_id from deputy_threads where root_thread_id = $1
  on conflict do nothing
`
const EVENTS = 'delete from deputy_events where root_thread_id = $1'
const OUTPUTS = 'delete from deputy_outputs where thread_id = any($1)'
const THREADS_OF = 'select thread_id as id from deputy_threads where root_thread_id = $1'
const OF_TREE = TABLES_OF_A_TREE.map((table) => `delete from ${table} where root_thread_id = $1`)

const MARKS = `
  delete from deputy_marks
  where root_thread_id = $1 and place = any($2::bigint[])
    and not exists (
      select from deputy_labels named
      where named.thread_id = deputy_marks.thread_id and named.checkpoint_id = deputy_marks.checkpoint_id
    )
`
const LETTERS = `delete from deputy_letters where root_thread_id = $1 and status = 'taken' and sent_at <= $2`
/** One that was decided is looked up as long as its thread may go on with it, and while it has a grant. */
const ASKS = `
  delete from deputy_asks
  where root_thread_id = $1 and status <> 'open' and coalesce(decided_at, opened_at) <= $2
    and thread_id in (
      select thread_id from deputy_threads
      where root_thread_id = $1 and status in ('completed', 'failed', 'cancelled')
    )
    and not exists (select from deputy_grants where id = deputy_asks.id)
`
const OF_LET_GO = [
  'delete from deputy_marks where root_thread_id = $1 and thread_id = any($2)',
  'delete from deputy_grants where root_thread_id = $1 and thread_id = any($2)'
]
const CALLS = 'delete from deputy_calls where root_thread_id = $1 and thread_id = any($2)'

/** Of threads $2 to threads $3, in this order. */
const ADD_USAGE = `
  insert into deputy_usage as sum (root_thread_id, thread_id, input, output, cached, reasoning, calls, worked_ms, turn_ms)
  select $1, given.into_thread, sum(input), sum(output), sum(cached), sum(reasoning), sum(calls), sum(worked_ms), 0
  from deputy_usage used join unnest($2::text[], $3::text[]) as given (thread, into_thread) on given.thread = used.thread_id
  where used.root_thread_id = $1 group by given.into_thread
  on conflict (root_thread_id, thread_id) do update set
    input = sum.input + excluded.input,
    output = sum.output + excluded.output,
    cached = sum.cached + excluded.cached,
    reasoning = sum.reasoning + excluded.reasoning,
    calls = sum.calls + excluded.calls,
    worked_ms = sum.worked_ms + excluded.worked_ms
`
/** Up to where its tree was pruned. */
const NOTE_AT_ROOT = `
  insert into deputy_pruned as known (root_thread_id, thread_id, seq, thread_seq)
  select $1, $1, max(seq), 0 from deputy_pruned where root_thread_id = $1 and thread_id = any($2) having count(*) > 0
  on conflict (root_thread_id, thread_id) do update set seq = greatest(known.seq, excluded.seq)
`
const ROWS = ['deputy_usage', 'deputy_pruned', 'deputy_threads'].map(
  (table) => `delete from ${table} where root_thread_id = $1 and thread_id = any($2)`
)

export function retentionRows(pool: Pool) {
  const on = anyOf(pool)
  const inTransaction = <T>(work: (client: ClientBase) => Promise<T>, dryRun = false): Promise<T> =>
    dryRun ? undone(on, work) : on.transaction(work)

  return {
    deleteTree: (tree) => inTransaction((client) => deleteTree(client, tree), tree.dryRun),
    pruneTree: (rows) => inTransaction((client) => pruneTree(client, rows), rows.dryRun)
  } satisfies Partial<Journal>
}

async function deleteTree(
  client: ClientBase,
  { rootThreadId, now, until }: TreeToGo
): Promise<GoneRows | { held: Held }> {
  const changed = async (sql: string, values: unknown[]) => (await client.query(sql, values)).rowCount ?? 0
  await client.query(LOCK_TREE, [rootThreadId])
  const { rows } = await client.query<{ held: Held | null }>(HELD, [rootThreadId, now, until])
  const held = rows[0]!.held
  if (held) return { held }
  const threads = (await client.query<{ id: string }>(THREADS_OF, [rootThreadId])).rows.map(({ id }) => id)
  await client.query(NOTE_DELETED, [rootThreadId])
  const lists = await removeLists(client, threads)
  const events = await changed(EVENTS, [rootThreadId])
  const gone = { ...lists, threads: threads.length, events, rows: lists.rows + events }
  gone.rows += await changed(OUTPUTS, [threads])
  for (const sql of OF_TREE) gone.rows += await changed(sql, [rootThreadId])
  return gone
}

async function pruneTree(client: ClientBase, rows: RowsToGo): Promise<GoneRows> {
  const { rootThreadId, places, threads, eventsTo, until } = rows
  const changed = async (sql: string, values: unknown[]) => (await client.query(sql, values)).rowCount ?? 0
  const [count] = (await client.query<{ gone: number }>(PRUNE_EVENTS, [rootThreadId, eventsTo])).rows
  const gone = { threads: 0, checkpoints: 0, elements: 0, events: count!.gone, rows: count!.gone }
  gone.rows += await changed(MARKS, [rootThreadId, places])
  const letGo = threads.map(({ threadId }) => threadId)
  for (const sql of OF_LET_GO) gone.rows += await changed(sql, [rootThreadId, letGo])
  gone.rows += await changed(OUTPUTS, [letGo])
  const callsOf = threads.filter(({ keepsCalls }) => !keepsCalls).map(({ threadId }) => threadId)
  gone.rows += await changed(CALLS, [rootThreadId, callsOf])
  for (const sql of [LETTERS, ASKS]) gone.rows += await changed(sql, [rootThreadId, until])
  const moved = threads.flatMap(({ threadId, into }) => (into === undefined ? [] : [{ threadId, into }]))
  const from = moved.map(({ threadId }) => threadId)
  await client.query(ADD_USAGE, [rootThreadId, from, moved.map(({ into }) => into)])
  await client.query(NOTE_AT_ROOT, [rootThreadId, from])
  for (const sql of ROWS) gone.rows += await changed(sql, [rootThreadId, from])
  return gone
}
