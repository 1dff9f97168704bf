import type { Database } from 'better-sqlite3'
import type { Journal } from '../../state/journal.ts'
import type { RowReader } from '../row-reader.ts'
import { CAPS, USAGE } from '../rows.ts'
import type { Writes } from '../writes.ts'

const ADD = `
  insert into deputy_usage as sum (root_thread_id, thread_id, input, output, cached, reasoning, calls, worked_ms, turn_ms)
  values (@rootThreadId, @threadId, @input, @output, @cached, @reasoning, @calls, @workedMs, @workedMs)
  on conflict (root_thread_id, thread_id) do update set
    input = sum.input + excluded.input,
    output = sum.output + excluded.output,
    cached = sum.cached + excluded.cached,
    reasoning = sum.reasoning + excluded.reasoning,
    calls = sum.calls + excluded.calls,
    worked_ms = sum.worked_ms + excluded.worked_ms,
    turn_ms = case when @begins then 0 else sum.turn_ms end + excluded.turn_ms
`
const USAGE_OF = `
  select root_thread_id as "rootThreadId", thread_id as "threadId", input, output, cached, reasoning, calls,
    worked_ms as "workedMs", turn_ms as "turnMs"
  from deputy_usage where root_thread_id = ?
`
const SET_CAP = `
  insert into deputy_caps (root_thread_id, kind, cap) values (@rootThreadId, @limit, @cap)
  on conflict (root_thread_id, kind) do update set cap = excluded.cap
`
const CAPS_OF = `select root_thread_id as "rootThreadId", kind as "limit", cap from deputy_caps where root_thread_id = ?`

export function usageRows(db: Database, read: RowReader) {
  const add = db.prepare(ADD)
  const byRoot = db.prepare(USAGE_OF)
  const setCap = db.prepare(SET_CAP)
  const caps = db.prepare(CAPS_OF)

  const writes = {
    usage: ({ rootThreadId, threadId, usage, workedMs, begins }) =>
      add.run({ rootThreadId, threadId, ...usage, workedMs, begins: begins ? 1 : 0 }).changes === 1,
    cap: (row) => setCap.run(row).changes === 1
  } satisfies Partial<Writes<boolean>>

  const rows = {
    usageOf: async (rootThreadId) => read.all(USAGE, byRoot.all(rootThreadId)),
    setCap: async (row) => void setCap.run(row),
    caps: async (rootThreadId) => Object.fromEntries(read.all(CAPS, caps.all(rootThreadId)))
  } satisfies Partial<Journal>
  return { rows, writes }
}
