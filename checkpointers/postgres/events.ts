import type { ClientBase, Pool } from 'pg'
import type { AgentEvent } from '../../state/events.ts'
import type { Entry, Journal, Kept, RowWrite } from '../../state/journal.ts'
import { leaseLost } from '../lease-lost.ts'
import { numbered } from '../numbered.ts'
import type { RowReader } from '../row-reader.ts'
import { EVENTS, eventJson } from '../rows.ts'
import { hasCode, isFenced } from './fence.ts'
import { inTransaction } from './transaction.ts'

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

interface Parts {
  readonly read: RowReader
  write(row: RowWrite, on: ClientBase): Promise<boolean>
}

export function eventRows(pool: Pool, { read, write }: Parts) {
  async function withRows(entries: readonly Entry[], after: number): Promise<readonly Kept[]> {
    const client = await pool.connect()
    try {
      return await inTransaction(client, async () => {
        const written = []
        for (const { row, event } of entries) written.push({ event, isNew: !row || (await write(row, client)) })
        const { kept, events } = numbered(written, after)
        await insert(events, client)
        return kept
      })
    } finally {
      client.release()
    }
  }

  /** Without rows one statement does, and is a transaction by itself. */
  async function eventsOnly(entries: readonly Entry[], after: number): Promise<readonly Kept[]> {
    const { kept, events } = numbered(
      entries.map(({ event }) => ({ event, isNew: true })),
      after
    )
    await insert(events, pool)
    return kept
  }

  return {
    async append(entries, { rootThreadId, after }) {
      try {
        return await (entries.some(({ row }) => row) ? withRows : eventsOnly)(entries, after)
      } catch (thrown) {
        const refused = isFenced(thrown) || hasCode(thrown, UNIQUE_VIOLATION)
        throw refused ? leaseLost(rootThreadId, thrown) : thrown
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

async function insert(events: readonly AgentEvent[], on: Pool | ClientBase): Promise<void> {
  if (events.length === 0) return
  const roots = events.map(({ rootThreadId }) => rootThreadId)
  const seqs = events.map(({ seq }) => seq)
  const threads = events.map(({ threadId }) => threadId)
  const bodies = events.map(({ seq: _, ...event }) => eventJson(event))
  await on.query(APPEND, [roots, seqs, threads, bodies])
}
