import type { Pool } from 'pg'
import type { Journal } from '../../state/journal.ts'
import type { RowReader } from '../row-reader.ts'
import { CALLS } from '../rows.ts'
import { belongsTo } from './owners.ts'

const BEGIN = `
  insert into deputy_calls (root_thread_id, thread_id, tool_call_id, tool, effect, args_hash, status, started_at)
  values ($1, $2, $3, $4, $5, $6, 'started', $7)
  on conflict (thread_id, tool_call_id) do nothing
`
const FINISH = `
  update deputy_calls set status = 'finished', result = $3, finished_at = $4
  where thread_id = $1 and tool_call_id = $2 and status = 'started'
`
const SELECT_CALLS = `
  select thread_id as "threadId", tool_call_id as "toolCallId", root_thread_id as "rootThreadId", tool, effect,
    args_hash as "argsHash", status, started_at as "startedAt", result, finished_at as "finishedAt"
  from deputy_calls
`
const CALL = `${SELECT_CALLS} where thread_id = $1 and tool_call_id = $2`
const STARTED = `${SELECT_CALLS} where status = 'started' order by started_at, seq`
const STARTED_OF = `${SELECT_CALLS} where status = 'started' and root_thread_id = $1 order by started_at, seq`
const STARTED_FOR = `${SELECT_CALLS} where status = 'started' and ${belongsTo('deputy_calls')} order by started_at, seq`

export function callRows(pool: Pool, read: RowReader) {
  const select = async (sql: string, values: unknown[]) => (await pool.query<object>(sql, values)).rows

  return {
    async beginCall({ rootThreadId, threadId, toolCallId, tool, effect, argsHash, startedAt }) {
      const values = [rootThreadId, threadId, toolCallId, tool, effect, argsHash, startedAt]
      const { rowCount } = await pool.query(BEGIN, values)
      return rowCount === 1 ? undefined : read.one(CALLS, (await select(CALL, [threadId, toolCallId]))[0])
    },
    async finishCall({ threadId, toolCallId, result, at }) {
      await pool.query(FINISH, [threadId, toolCallId, JSON.stringify(result), at])
    },
    async startedCalls({ rootThreadId, principal } = {}) {
      if (rootThreadId !== undefined) return read.all(CALLS, await select(STARTED_OF, [rootThreadId]))
      const started = principal === undefined ? select(STARTED, []) : select(STARTED_FOR, [principal])
      return read.all(CALLS, await started)
    }
  } satisfies Partial<Journal>
}
