import type { ClientBase, Pool } from 'pg'
import type { Journal } from '../../state/journal.ts'
import type { RowReader } from '../row-reader.ts'
import { CAPS, USAGE } from '../rows.ts'
import type { Writes } from '../writes.ts'

const ADD = `
  insert into deputy_usage as sum (root_thread_id, thread_id, input, output, cached, reasoning, calls, worked_ms, turn_ms)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $8)
  on conflict (root_thread_id, thread_id) do update set
    input = sum.input + excluded.input,
    output = sum.output + excluded.output,
    cached = sum.cached + excluded.cached,
    reasoning = sum.reasoning + excluded.reasoning,
    calls = sum.calls + excluded.calls,
    worked_ms = sum.worked_ms + excluded.worked_ms,
    turn_ms = case when $9 then 0 else sum.turn_ms end + excluded.turn_ms
`
const USAGE_OF = `
  select root_thread_id as "rootThreadId", thread_id as "threadId", input::double precision, output::double precision,
    cached::double precision, reasoning::double precision, calls, worked_ms as "workedMs",
    turn_ms as "turnMs"
  from deputy_usage where root_thread_id = $1
`
const SET_CAP = `
  insert into deputy_caps (root_thread_id, kind, cap) values ($1, $2, $3)
  on conflict (root_thread_id, kind) do update set cap = excluded.cap
`
const CAPS_OF = `select root_thread_id as "rootThreadId", kind as "limit", cap from deputy_caps where root_thread_id = $1`

export function usageRows(pool: Pool, read: RowReader) {
  const writes = {
    async usage({ rootThreadId, threadId, usage: { input, output, cached, reasoning, calls }, workedMs, begins }, on) {
      await on.query(ADD, [rootThreadId, threadId, input, output, cached, reasoning, calls, workedMs, begins])
      return true
    },
    async cap({ rootThreadId, limit, cap }, on) {
      await on.query(SET_CAP, [rootThreadId, limit, cap])
      return true
    }
  } satisfies Partial<Writes<Promise<boolean>, [on: ClientBase]>>

  const rows = {
    usageOf: async (rootThreadId) => read.all(USAGE, (await pool.query<object>(USAGE_OF, [rootThreadId])).rows),
    setCap: async ({ rootThreadId, limit, cap }) => void (await pool.query(SET_CAP, [rootThreadId, limit, cap])),
    caps: async (rootThreadId) =>
      Object.fromEntries(read.all(CAPS, (await pool.query<object>(CAPS_OF, [rootThreadId])).rows))
  } satisfies Partial<Journal>
  return { rows, writes }
}
