import type { Database } from 'better-sqlite3'
import type { Journal } from '../../state/journal.ts'
import type { GoneRows, Held, RowsToGo, TreeToGo } from '../../state/retention.ts'
import { TABLES_OF_A_TREE } from '../tables-of-a-tree.ts'
import { PRUNE_EVENTS } from './events.ts'
import { listsIn } from './lists.ts'
import { undone } from './undone.ts'

/** What holds a tree, the first that does. */
const HELD = `
  select case
    when exists (select 1 from deputy_asks where root_thread_id = @rootThreadId and status = 'open') then 'asking'
    when exists (select 1 from deputy_labels where root_thread_id = @rootThreadId) then 'labelled'
    when exists (select 1 from deputy_leases where root_thread_id = @rootThreadId and expires_at > @now) then 'live'
    when exists (
      select 1 from deputy_threads where root_thread_id = @rootThreadId and status in ('running', 'asking', 'paused')
    ) then 'unfinished'
    when exists (
      select 1 from deputy_letters
      where root_thread_id = @rootThreadId and status <> 'taken' and kind in ('queue', 'follow-up', 'report')
    ) then 'unfinished'
    when exists (select 1 from deputy_threads where root_thread_id = @rootThreadId and updated_at > @until) then 'young'
  end
`
const THREADS_OF = 'select thread_id from deputy_threads where root_thread_id = ?'
const NOTE_DELETED = `
  insert into deputy_deleted (thread_id) select thread_id from deputy_threads where root_thread_id = ?
  on conflict do nothing
`
const OF_THREAD = 'delete from deputy_outputs where thread_id = ?'
const EVENTS = 'delete from deputy_events where root_thread_id = ?'
const OF_TREE = TABLES_OF_A_TREE.map((table) => `delete from ${table} where root_thread_id = ?`)

const MARKS = `
  delete from deputy_marks
  where root_thread_id = @rootThreadId and place in (select value from json_each(@places))
    and not exists (
      select 1 from deputy_labels named
      where named.thread_id = deputy_marks.thread_id and named.checkpoint_id = deputy_marks.checkpoint_id
    )
`
const LETTERS = `
  delete from deputy_letters where root_thread_id = @rootThreadId and status = 'taken' and sent_at <= @until
`
/** One that was decided is looked up as long as its thread may go on with it, and while it has a grant. */
const ASKS = `
  delete from deputy_asks
  where root_thread_id = @rootThreadId and status <> 'open' and coalesce(decided_at, opened_at) <= @until
    and thread_id in (
      select thread_id from deputy_threads
      where root_thread_id = @rootThreadId and status in ('completed', 'failed', 'cancelled')
    )
    and not exists (select 1 from deputy_grants where id = deputy_asks.id)
`
const OF_LET_GO = [
  'delete from deputy_marks where thread_id = @threadId',
  'delete from deputy_grants where root_thread_id = @rootThreadId and thread_id = @threadId',
  'delete from deputy_outputs where thread_id = @threadId'
]
const CALLS = 'delete from deputy_calls where thread_id = ?'
const ADD_USAGE = `
  insert into deputy_usage as sum (root_thread_id, thread_id, input, output, cached, reasoning, calls, worked_ms, turn_ms)
  select root_thread_id, @into, input, output, cached, reasoning, calls, worked_ms, 0
  from deputy_usage where root_thread_id = @rootThreadId and thread_id = @threadId
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
  insert into deputy_pruned (root_thread_id, thread_id, seq, thread_seq)
  select root_thread_id, root_thread_id, seq, 0
  from deputy_pruned where root_thread_id = @rootThreadId and thread_id = @threadId
  on conflict (root_thread_id, thread_id) do update set seq = max(seq, excluded.seq)
`
const ROWS = ['deputy_usage', 'deputy_pruned', 'deputy_threads'].map(
  (table) => `delete from ${table} where root_thread_id = @rootThreadId and thread_id = @threadId`
)

export function retentionRows(db: Database) {
  const held = db.prepare<[TreeToGo], Held | null>(HELD).pluck()
  const threadsOf = db.prepare<[string], string>(THREADS_OF).pluck()
  const noteDeleted = db.prepare(NOTE_DELETED)
  const events = db.prepare(EVENTS)
  const ofThread = db.prepare(OF_THREAD)
  const ofTree = OF_TREE.map((sql) => db.prepare(sql))
  const marks = db.prepare(MARKS)
  const letters = db.prepare(LETTERS)
  const asks = db.prepare(ASKS)
  const pruneEvents = PRUNE_EVENTS.map((sql) => db.prepare(sql))
  const ofLetGo = OF_LET_GO.map((sql) => db.prepare(sql))
  const calls = db.prepare(CALLS)
  const addUsage = db.prepare(ADD_USAGE)
  const notePruned = db.prepare(NOTE_AT_ROOT)
  const ownRows = ROWS.map((sql) => db.prepare(sql))
  const lists = listsIn(db)

  function deleteTree(tree: TreeToGo): GoneRows | { held: Held } {
    const by = held.get(tree)
    if (by) return { held: by }
    const { rootThreadId } = tree
    const threads = threadsOf.all(rootThreadId)
    const gone = { ...NONE, threads: threads.length }
    noteDeleted.run(rootThreadId)
    for (const threadId of threads) {
      const kept = lists.remove(threadId)
      gone.checkpoints += kept.checkpoints
      gone.elements += kept.elements
      gone.rows += kept.rows + ofThread.run(threadId).changes
    }
    gone.events = events.run(rootThreadId).changes
    gone.rows += gone.events
    for (const statement of ofTree) gone.rows += statement.run(rootThreadId).changes
    return gone
  }

  function pruneTree({ rootThreadId, places, threads, eventsTo, until }: RowsToGo): GoneRows {
    const [note, prune] = pruneEvents
    note!.run({ rootThreadId, to: eventsTo })
    const gone = { ...NONE, events: prune!.run({ rootThreadId, to: eventsTo }).changes }
    gone.rows = gone.events + marks.run({ rootThreadId, places: JSON.stringify(places) }).changes
    for (const { threadId, keepsCalls } of threads) {
      for (const statement of ofLetGo) gone.rows += statement.run({ rootThreadId, threadId }).changes
      if (!keepsCalls) gone.rows += calls.run(threadId).changes
    }
    for (const statement of [letters, asks]) gone.rows += statement.run({ rootThreadId, until }).changes
    for (const { threadId, into } of threads) {
      if (into === undefined) continue
      addUsage.run({ rootThreadId, threadId, into })
      notePruned.run({ rootThreadId, threadId })
      for (const statement of ownRows) gone.rows += statement.run({ rootThreadId, threadId }).changes
    }
    return gone
  }

  const inTransaction = <T>(work: () => T, dryRun = false): T =>
    dryRun ? undone(db, work) : db.transaction(work).immediate()

  return {
    deleteTree: async (tree) => inTransaction(() => deleteTree(tree), tree.dryRun),
    pruneTree: async (rows) => inTransaction(() => pruneTree(rows), rows.dryRun)
  } satisfies Partial<Journal>
}

const NONE = { threads: 0, checkpoints: 0, elements: 0, events: 0, rows: 0 }
