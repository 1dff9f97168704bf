import type { Database } from 'better-sqlite3'
import type { AgentEvent } from '../../state/events.ts'
import type { Entry, EventsEnd, Journal, Kept, RowWrite } from '../../state/journal.ts'
import { leaseLost } from '../lease-lost.ts'
import { numbered } from '../numbered.ts'
import { dueToGo } from '../retention.ts'
import type { RowReader } from '../row-reader.ts'
import { askIdOf, EVENTS, eventJson } from '../rows.ts'
import { threadDeleted } from '../thread-deleted.ts'
import { DELETED, hasCode, isFenced, isRefusedAsDeleted, LATE } from './fence.ts'
import type { GroupCommit } from './group-commit.ts'

const APPEND = `
  insert into deputy_events (root_thread_id, seq, thread_id, thread_seq, ask_id, event)
  values (@rootThreadId, @seq, @threadId, @threadSeq, @askId, @event)
`
const SELECT_EVENTS = `
  select root_thread_id as "rootThreadId", seq, thread_id as "threadId", thread_seq as "threadSeq", event
  from deputy_events
`
const EVENTS_OF = `
  ${SELECT_EVENTS} where root_thread_id = @rootThreadId and seq > @after order by seq limit @limit offset @offset
`
const EVENTS_OF_THREAD = `
  ${SELECT_EVENTS} where root_thread_id = @rootThreadId and thread_id = @threadId and thread_seq > @after
  order by thread_seq limit @limit offset @offset
`
const LAST_SEQ = 'select coalesce(max(seq), 0) from deputy_events where root_thread_id = ?'
const LAST_OF_THREAD = `
  select max(
    coalesce((
      select max(thread_seq) from deputy_events where root_thread_id = @rootThreadId and thread_id = @threadId
    ), 0),
    coalesce((
      select thread_seq from deputy_pruned where root_thread_id = @rootThreadId and thread_id = @threadId
    ), 0)
  )
`
const DUE = `
  root_thread_id = @rootThreadId and seq <= @to
  and not exists (select 1 from deputy_asks where id = ask_id and status = 'open')
`
const NOTE_PRUNED = `
  insert into deputy_pruned (root_thread_id, thread_id, seq, thread_seq)
  select root_thread_id, thread_id, max(seq), max(thread_seq) from deputy_events where ${DUE} group by thread_id
  on conflict (root_thread_id, thread_id) do update set
    seq = max(seq, excluded.seq), thread_seq = max(thread_seq, excluded.thread_seq)
`
const PRUNE = `delete from deputy_events where ${DUE}`
/** Up to a number, noted before they go. */
export const PRUNE_EVENTS = [NOTE_PRUNED, PRUNE] as const
const PRUNED_TO = `
  select coalesce(max(case when @threadId is null then seq else thread_seq end), 0) from deputy_pruned
  where root_thread_id = @rootThreadId and (@threadId is null or thread_id = @threadId)
`

interface Parts {
  readonly read: RowReader
  write(row: RowWrite): boolean
  readonly holder: string
  readonly group: GroupCommit
}

export function eventRows(db: Database, { read, write, holder, group }: Parts) {
  const append = db.prepare(APPEND)
  const pageOf = db.prepare(EVENTS_OF)
  const pageOfThread = db.prepare(EVENTS_OF_THREAD)
  const lastSeq = db.prepare<[string], number>(LAST_SEQ).pluck()
  const lastOfThread = db.prepare<[{ rootThreadId: string; threadId: string }], number>(LAST_OF_THREAD).pluck()
  const notePruned = db.prepare(NOTE_PRUNED)
  const prune = db.prepare(PRUNE)
  const prunedTo = db.prepare<[{ rootThreadId: string; threadId: string | null }], number>(PRUNED_TO).pluck()

  const late = db.prepare<[{ rootThreadId: string; holder: string }], number>(LATE).pluck()
  const deleted = db.prepare<[{ rootThreadId: string }], number>(DELETED).pluck()

  const closed = (event: AgentEvent) => read.close(eventJson(event), { of: EVENTS, row: event, column: 'event' })

  function keepAll(entries: readonly Entry[], tree: EventsEnd): readonly Kept[] {
    const { rootThreadId, after, keep = Number.POSITIVE_INFINITY } = tree
    const written = entries.map(({ row, event }) => ({ event, isNew: !row || write(row) }))
    const lastOf = (threadId: string) => lastOfThread.get({ rootThreadId, threadId })!
    const { kept, events } = numbered(written, { after, lastOf })
    // The fences stand at the events.
    if (events.length === 0 && late.get({ rootThreadId, holder })) throw leaseLost(rootThreadId)
    if (events.length === 0 && deleted.get({ rootThreadId })) throw threadDeleted(rootThreadId)
    for (const event of events) append.run({ ...event, askId: askIdOf(event), event: closed(event) })
    const to = dueToGo({ after, last: after + events.length, keep })
    if (to !== undefined) for (const each of [notePruned, prune]) each.run({ rootThreadId, to })
    return kept
  }

  return {
    async append(entries, tree) {
      try {
        return await group.write(() => keepAll(entries, tree))
      } catch (thrown) {
        if (isRefusedAsDeleted(thrown)) throw threadDeleted(tree.rootThreadId, thrown)
        const refused = isFenced(thrown) || hasCode(thrown, 'SQLITE_CONSTRAINT_PRIMARYKEY')
        throw refused ? leaseLost(tree.rootThreadId, thrown) : thrown
      }
    },
    async eventsOf(rootThreadId, { after, limit, threadId }) {
      const page = threadId === undefined ? pageOf : pageOfThread
      return read.page(EVENTS, {
        limit,
        select: (part) => page.all({ rootThreadId, after, ...(threadId !== undefined && { threadId }), ...part })
      })
    },
    prunedTo: async (rootThreadId, { threadId = null } = {}) => prunedTo.get({ rootThreadId, threadId })!,
    lastSeq: async (rootThreadId) => lastSeq.get(rootThreadId)!
  } satisfies Partial<Journal>
}
