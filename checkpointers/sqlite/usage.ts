import type { Database } from 'better-sqlite3'
import type { Journal } from '../../state/journal.ts'
import type { RowReader } from '../row-reader.ts'
import { USAGE } from '../rows.ts'
import type { Writes } from '../writes.ts'

const ADD = `
  insert into deputy_usage as sum (root_thread_id, thread_id, input, output, cached, reasoning, calls, worked_ms)
  values (@rootThreadId, @threadId, @input, @output, @cached, @reasoning, @calls, @workedMs)
  on conflict (root_thread_id, thread_id) do update set
    input = sum.input + excluded.input,
    output = sum.output + excluded.output,
    cached = sum.cached + excluded.cached,
    reasoning = sum.reasoning + excluded.reasoning,
    calls = sum.calls + excluded.calls,
    worked_ms = sum.worked_ms + excluded.worked_ms
`
const USAGE_OF = `
  select root_thread_id as "rootThreadId", thread_id as "threadId", input, output, cached, reasoning, calls,
    worked_ms as "workedMs"
  from deputy_usage where root_thread_id = ?
`

export function usageRows(db: Database, read: RowReader) {
  const add = db.prepare(ADD)
  const byRoot = db.prepare(USAGE_OF)

  const writes = {
    usage: ({ rootThreadId, threadId, usage, workedMs }) =>
      add.run({ rootThreadId, threadId, ...usage, workedMs }).changes === 1
  } satisfies Partial<Writes<boolean>>

  const rows = { usageOf: async (rootThreadId) => read.all(USAGE, byRoot.all(rootThreadId)) } satisfies Partial<Journal>
  return { rows, writes }
}
