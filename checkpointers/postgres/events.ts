import type { ClientBase, Pool } from 'pg'
import type { Entry, EventsEnd, Journal, Kept, RowWrite } from '../../state/journal.ts'
import type { Mark } from '../../state/marks.ts'
import { leaseLost } from '../lease-lost.ts'
import { numbered, type Written } from '../numbered.ts'
import { dueToGo } from '../retention.ts'
import type { RowReader } from '../row-reader.ts'
import { askIdOf, EVENTS, eventJson, MARKS } from '../rows.ts'
import { threadDeleted } from '../thread-deleted.ts'
import { despiteDeadlocks } from './deadlocks.ts'
import { DELETED, hasCode, isFenced, isRefusedAsDeleted, LATE, treeLock } from './fence.ts'
import { inTransaction } from './transaction.ts'

/** A thread's own number is given as its place among those that are appended, and becomes that behind its last. */
const APPEND = `
  insert into deputy_events (root_thread_id, seq, thread_id, ask_id, event, thread_seq)
  select root, place, thread, ask, body, nth + greatest(
    (select max(thread_seq) from deputy_events where root_thread_id = root and thread_id = thread),
    (select thread_seq from deputy_pruned where root_thread_id = root and thread_id = thread),
    0
  )
  from unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::bigint[])
    as given (root, place, thread, ask, body, nth)
  returning seq::double precision as seq, thread_seq::double precision as "threadSeq"
`
/** Checkpoints that are kept with events: in their statement, which then need no transaction. */
const WITH_MARKS = `
  with marks as (
    insert into deputy_marks (
      root_thread_id, thread_id, checkpoint_id, parent_checkpoint_id, agent, path, step, source, nodes, next, messages, last, at
    )
    select root, thread, id, parent, agent, path, step, source, nodes, next, messages, last, at
    from jsonb_to_recordset($7::jsonb) as given (
      root text, thread text, id text, parent text, agent text, path text, step integer, source text, nodes text, next text,
      messages integer, last text, at double precision
    )
    on conflict (thread_id, checkpoint_id) do nothing
  )
`
const SELECT_EVENTS = `
  select root_thread_id as "rootThreadId", seq::double precision as seq, thread_id as "threadId",
    thread_seq::double precision as "threadSeq", event
  from deputy_events
`
const EVENTS_OF = `
  ${SELECT_EVENTS} where root_thread_id = $1 and deputy_events.seq > $2
  order by deputy_events.seq limit $3 offset $4
`
const EVENTS_OF_THREAD = `
  ${SELECT_EVENTS} where root_thread_id = $1 and thread_seq > $2 and thread_id = $5
  order by thread_seq limit $3 offset $4
`
const LAST_SEQ = `
  select coalesce(max(seq), 0)::double precision as seq from deputy_events where root_thread_id = $1
`
const GONE = `
  gone as (
    delete from deputy_events
    where root_thread_id = $1 and seq <= $2
      and not exists (select from deputy_asks where id = ask_id and status = 'open')
    returning thread_id, seq, thread_seq
  )
`
const NOTE_PRUNED = `
  insert into deputy_pruned as known (root_thread_id, thread_id, seq, thread_seq)
  select $1, thread_id, max(seq), max(thread_seq) from gone group by thread_id
  on conflict (root_thread_id, thread_id) do update set
    seq = greatest(known.seq, excluded.seq), thread_seq = greatest(known.thread_seq, excluded.thread_seq)
`
const PRUNE = `with ${GONE} ${NOTE_PRUNED}`
/** Up to a number; gives how many went. */
export const PRUNE_EVENTS = `
  with ${GONE}, noted as (${NOTE_PRUNED}) select count(*)::double precision as gone from gone
`
const PRUNED_TO = `
  select coalesce(max(case when $2::text is null then seq else thread_seq end), 0)::double precision as last
  from deputy_pruned where root_thread_id = $1 and ($2::text is null or thread_id = $2)
`
const SHARE_TREE = `select pg_advisory_xact_lock_shared(${treeLock('$1')})`
const UNIQUE_VIOLATION = '23505'

interface Parts {
  readonly read: RowReader
  write(row: RowWrite, on: ClientBase): Promise<boolean>
}

export function eventRows(pool: Pool, { read, write }: Parts) {
  async function inOneTransaction(entries: readonly Entry[], tree: EventsEnd): Promise<readonly Kept[]> {
    const client = await pool.connect()
    try {
      return await inTransaction(client, async () => {
        const written = []
        for (const { row, event } of entries) written.push({ event, isNew: !row || (await write(row, client)) })
        const kept = await insert(written, { tree, on: client, read })
        // The fences stand at the events.
        if (kept.every(({ threadSeq }) => threadSeq === undefined)) await refuseLate(tree, client)
        return kept
      })
    } finally {
      client.release()
    }
  }

  /** Without rows but those of checkpoints one statement does, and is a transaction by itself. */
  async function eventsOnly(entries: readonly Entry[], tree: EventsEnd): Promise<readonly Kept[]> {
    const written = entries.map(({ event }) => ({ event, isNew: true }))
    const marks = entries.flatMap(({ row }) => (row?.kind === 'checkpoint' ? [row.mark] : []))
    return insert(written, { tree, on: pool, read, marks })
  }

  return {
    async append(entries, tree) {
      const { rootThreadId, after, keep = Number.POSITIVE_INFINITY } = tree
      const mayPrune = dueToGo({ after, last: after + entries.length, keep }) !== undefined
      const isOne = !mayPrune && entries.some(({ event }) => event) && entries.every(isWithoutOthers)
      try {
        return await despiteDeadlocks(() => (isOne ? eventsOnly : inOneTransaction)(entries, tree))
      } catch (thrown) {
        if (isRefusedAsDeleted(thrown)) throw threadDeleted(rootThreadId, thrown)
        const refused = isFenced(thrown) || hasCode(thrown, UNIQUE_VIOLATION)
        throw refused ? leaseLost(rootThreadId, thrown) : thrown
      }
    },
    async eventsOf(rootThreadId, { after, limit, threadId }) {
      const [sql, ...own] = threadId === undefined ? [EVENTS_OF] : [EVENTS_OF_THREAD, threadId]
      return read.page(EVENTS, {
        limit,
        select: async (part) =>
          (await pool.query<object>(sql, [rootThreadId, after, part.limit, part.offset, ...own])).rows
      })
    },
    async prunedTo(rootThreadId, { threadId = null } = {}) {
      const { rows } = await pool.query<{ last: number }>(PRUNED_TO, [rootThreadId, threadId])
      return rows[0]!.last
    },
    async lastSeq(rootThreadId) {
      const { rows } = await pool.query<{ seq: number }>(LAST_SEQ, [rootThreadId])
      return rows[0]!.seq
    }
  } satisfies Partial<Journal>
}

/** It needs no statement of its own, and decides nothing about its event. */
function isWithoutOthers({ row, event }: Entry): boolean {
  return row === undefined || (row.kind === 'checkpoint' && event === undefined)
}

/** @throws RuntimeError LEASE_LOST, THREAD_DELETED for a holder that comes too late */
async function refuseLate({ rootThreadId }: EventsEnd, on: ClientBase): Promise<void> {
  await on.query(SHARE_TREE, [rootThreadId])
  const { rowCount } = await on.query(LATE, [rootThreadId])
  if (rowCount !== 0) throw leaseLost(rootThreadId)
  if ((await on.query(DELETED, [rootThreadId])).rowCount !== 0) throw threadDeleted(rootThreadId)
}

/** Inserts the events of what is new, and deletes those whose time it is then: `on` has a transaction where it may be. */
async function insert(
  written: readonly Written[],
  { tree, on, read, marks = [] }: { tree: EventsEnd; on: Pool | ClientBase; read: RowReader; marks?: readonly Mark[] }
): Promise<readonly Kept[]> {
  const { rootThreadId, after, keep = Number.POSITIVE_INFINITY } = tree
  const { kept, events } = numbered(written, { after, lastOf: () => 0 })
  if (events.length === 0) return kept
  const columns = [
    events.map((event) => event.rootThreadId),
    events.map(({ seq }) => seq),
    events.map(({ threadId }) => threadId),
    events.map(askIdOf),
    events.map((event) => read.close(eventJson(event), { of: EVENTS, row: event, column: 'event' })),
    events.map(({ threadSeq }) => threadSeq)
  ]
  const markRows = marks.map((mark) => markRow(mark, read))
  const [sql, ...given] = marks.length > 0 ? [`${WITH_MARKS} ${APPEND}`, JSON.stringify(markRows)] : [APPEND]
  const { rows } = await on.query<{ seq: number; threadSeq: number }>(sql, [...columns, ...given])
  const to = dueToGo({ after, last: after + events.length, keep })
  if (to !== undefined) await on.query(PRUNE, [rootThreadId, to])
  const numbers = new Map(rows.map(({ seq, threadSeq }) => [seq, threadSeq]))
  return kept.map((each) => (each.threadSeq ? { ...each, threadSeq: numbers.get(each.seq)! } : each))
}

function markRow(mark: Mark, read: RowReader) {
  const { rootThreadId: root, threadId: thread, checkpointId: id, parentCheckpointId: parent, ...rest } = mark
  const [nodes, next] = [mark.nodes, mark.next].map((value) => JSON.stringify(value))
  const last = read.close(JSON.stringify(mark.last), { of: MARKS, row: mark, column: 'last' })
  return { ...rest, root, thread, id, parent, nodes, next, last }
}
