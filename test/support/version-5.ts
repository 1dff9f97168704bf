import { anAsk, anEvent } from './records.ts'

const ask = anAsk('asked', { threadId: 'child' })
const opened = { type: 'ask.opened', toolCallId: 'call-1', ask } as const

/** How an event lay in its row. */
function row(seq: number, threadId: string): string {
  const event = anEvent(seq, { threadId, ...(seq === 2 && { body: opened }) })
  const { seq: _, threadSeq: _threadSeq, rootThreadId: _root, threadId: _thread, ...body } = event
  return `insert into deputy_events (root_thread_id, seq, thread_id, event)
    values ('root', ${seq}, '${threadId}', '${JSON.stringify(body)}');`
}

/** A tree of two threads, whose second event opens an ask and whose lease somebody else had, as SQL for either database. */
export const ROWS_OF_VERSION_5 = `
  insert into deputy_threads (thread_id, root_thread_id, agent, path, task, status, created_at, updated_at)
  values ('root', 'root', 'lead', 'lead', '"mend it"', 'asking', 1, 1);
  insert into deputy_asks (id, root_thread_id, thread_id, status, ask, opened_at)
  values ('asked', 'root', 'child', 'open', '${JSON.stringify(ask)}', 1);
  insert into deputy_leases values ('root', 'another', 1, 0);
  ${row(1, 'root')} ${row(2, 'child')} ${row(3, 'root')} ${row(4, 'child')}
`
