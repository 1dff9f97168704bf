import type { Database } from 'better-sqlite3'
import type { Entry, Journal, Kept, RowWrite } from '../../state/journal.ts'
import { leaseLost } from '../lease-lost.ts'
import { numbered } from '../numbered.ts'
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

interface Parts {
  readonly read: RowReader
  write(row: RowWrite): boolean
}

export function eventRows(db: Database, { read, write }: Parts) {
  const append = db.prepare(APPEND)
  const pageOf = db.prepare(EVENTS_OF)
  const lastSeq = db.prepare<[string], number>(LAST_SEQ).pluck()

  const keep = db.transaction((entries: readonly Entry[], after: number): readonly Kept[] => {
    const written = entries.map(({ row, event }) => ({ event, isNew: !row || write(row) }))
    const { kept, events } = numbered(written, after)
    for (const { seq, ...event } of events) {
      const { rootThreadId, threadId } = event
      append.run({ rootThreadId, seq, threadId, event: eventJson(event) })
    }
    return kept
  })

  return {
    async append(entries, { rootThreadId, after }) {
      try {
        return keep(entries, after)
      } catch (thrown) {
        const refused = isFenced(thrown) || hasCode(thrown, 'SQLITE_CONSTRAINT_PRIMARYKEY')
        throw refused ? leaseLost(rootThreadId, thrown) : thrown
      }
    },
    eventsOf: async (rootThreadId, { after, limit }) =>
      read.page(EVENTS, { limit, select: (part) => pageOf.all({ rootThreadId, after, ...part }) }),
    lastSeq: async (rootThreadId) => lastSeq.get(rootThreadId)!
  } satisfies Partial<Journal>
}
