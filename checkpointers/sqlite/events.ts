import type { Database } from 'better-sqlite3'
import type { AgentEvent } from '../../state/events.ts'
import type { Journal } from '../../state/journal.ts'
import { leaseLost } from '../lease-lost.ts'
import type { RowReader } from '../row-reader.ts'
import { EVENTS, eventJson } from '../rows.ts'
import { hasCode, isFenced } from './fence.ts'

const APPEND = `
  insert into deputy_events (root_thread_id, seq, thread_id, event) values (@rootThreadId, @seq, @threadId, @event)
`
const EVENTS_OF = `
  select root_thread_id as "rootThreadId", seq, thread_id as "threadId", event from deputy_events
  where root_thread_id = @rootThreadId and seq > @after order by seq limit @limit offset @offset
`
const LAST_SEQ = 'select coalesce(max(seq), 0) from deputy_events where root_thread_id = ?'

export function eventRows(db: Database, read: RowReader) {
  const append = db.prepare(APPEND)
  const pageOf = db.prepare(EVENTS_OF)
  const lastSeq = db.prepare<[string], number>(LAST_SEQ).pluck()

  const appendAll = db.transaction((events: readonly AgentEvent[]) => {
    for (const event of events) {
      const { rootThreadId, seq, threadId } = event
      append.run({ rootThreadId, seq, threadId, event: eventJson(event) })
    }
  })

  return {
    async appendEvents(events) {
      try {
        appendAll(events)
      } catch (thrown) {
        const refused = isFenced(thrown) || hasCode(thrown, 'SQLITE_CONSTRAINT_PRIMARYKEY')
        throw refused ? leaseLost(events[0]!.threadId, thrown) : thrown
      }
    },
    eventsOf: async (rootThreadId, { after, limit }) =>
      read.page(EVENTS, { limit, select: (part) => pageOf.all({ rootThreadId, after, ...part }) }),
    lastSeq: async (rootThreadId) => lastSeq.get(rootThreadId)!
  } satisfies Partial<Journal>
}
