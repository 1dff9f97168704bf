import type { Pool } from 'pg'
import type { Journal } from '../../state/journal.ts'
import { leaseLost } from '../lease-lost.ts'
import type { RowReader } from '../row-reader.ts'
import { EVENTS, eventJson } from '../rows.ts'
import { hasCode, isFenced } from './fence.ts'

const APPEND = `
  insert into deputy_events (root_thread_id, seq, thread_id, event)
  select * from unnest($1::text[], $2::bigint[], $3::text[], $4::text[])
`
const EVENTS_OF = `
  select root_thread_id as "rootThreadId", seq::double precision as seq, thread_id as "threadId", event
  from deputy_events where root_thread_id = $1 and deputy_events.seq > $2
  order by deputy_events.seq limit $3 offset $4
`
const LAST_SEQ = `
  select coalesce(max(seq), 0)::double precision as seq from deputy_events where root_thread_id = $1
`
const UNIQUE_VIOLATION = '23505'

export function eventRows(pool: Pool, read: RowReader) {
  return {
    async appendEvents(events) {
      const [first] = events
      if (first === undefined) return
      const roots = events.map(({ rootThreadId }) => rootThreadId)
      const seqs = events.map(({ seq }) => seq)
      const threads = events.map(({ threadId }) => threadId)
      try {
        await pool.query(APPEND, [roots, seqs, threads, events.map(eventJson)])
      } catch (thrown) {
        const refused = isFenced(thrown) || hasCode(thrown, UNIQUE_VIOLATION)
        throw refused ? leaseLost(first.threadId, thrown) : thrown
      }
    },
    eventsOf: async (rootThreadId, { after, limit }) =>
      read.page(EVENTS, {
        limit,
        select: async (part) =>
          (await pool.query<object>(EVENTS_OF, [rootThreadId, after, part.limit, part.offset])).rows
      }),
    async lastSeq(rootThreadId) {
      const { rows } = await pool.query<{ seq: number }>(LAST_SEQ, [rootThreadId])
      return rows[0]!.seq
    }
  } satisfies Partial<Journal>
}
