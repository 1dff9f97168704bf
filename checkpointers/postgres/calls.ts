import type { ClientBase, Pool } from 'pg'
import { type CallStart, isUnknown } from '../../state/call-records.ts'
import type { Journal, Part } from '../../state/journal.ts'
import type { RowReader } from '../row-reader.ts'
import { CALLS } from '../rows.ts'
import type { Writes } from '../writes.ts'
import { belongsTo } from './owners.ts'

const BEGIN = `
  insert into deputy_calls (root_thread_id, thread_id, tool_call_id, tool, effect, args_hash, status, started_at)
  values ($1, $2, $3, $4, $5, $6, 'started', $7)
  on conflict (thread_id, tool_call_id) do nothing
`
const FAIL = `
  insert into deputy_calls as known (
    root_thread_id, thread_id, tool_call_id, tool, effect, args_hash, status, started_at, failures
  )
  values ($1, $2, $3, $4, $5, $6, 'started', $7, 1)
  on conflict (thread_id, tool_call_id) do update set failures = known.failures + 1
`
const FINISH = `
  update deputy_calls set status = 'finished', result = $3, finished_at = $4, outcome_unknown = $5
  where thread_id = $1 and tool_call_id = $2 and status = 'started'
`
const SELECT_CALLS = `
  select thread_id as "threadId", tool_call_id as "toolCallId", root_thread_id as "rootThreadId", tool, effect,
    args_hash as "argsHash", status, started_at as "startedAt", result, finished_at as "finishedAt",
    failures
  from deputy_calls
`
const CALL = `${SELECT_CALLS} where thread_id = $1 and tool_call_id = $2`
const EFFECTS_OF = `${SELECT_CALLS} where root_thread_id = $1 and effect <> 'read' order by started_at, seq`
const STARTED = "status = 'started' and effect <> 'read'"
const UNKNOWN = 'outcome_unknown = 1'

export function callRows(pool: Pool, read: RowReader) {
  const select = async (sql: string, values: unknown[]) => (await pool.query<object>(sql, values)).rows

  function valuesOf(call: CallStart): unknown[] {
    const { rootThreadId, threadId, toolCallId, tool, effect, argsHash, startedAt } = call
    const hash = read.close(argsHash, { of: CALLS, row: call, column: 'argsHash' })
    return [rootThreadId, threadId, toolCallId, tool, effect, hash, startedAt]
  }

  function listOf(condition: string) {
    const all = `${SELECT_CALLS} where ${condition} order by started_at, seq`
    const ofTree = `${SELECT_CALLS} where ${condition} and root_thread_id = $1 order by started_at, seq`
    const ofPrincipal = `${SELECT_CALLS} where ${condition} and ${belongsTo('deputy_calls')} order by started_at, seq`
    return async ({ rootThreadId, principal }: Part = {}) => {
      if (rootThreadId !== undefined) return read.all(CALLS, await select(ofTree, [rootThreadId]))
      return read.all(CALLS, await (principal === undefined ? select(all, []) : select(ofPrincipal, [principal])))
    }
  }

  const writes = {
    async 'call.begun'({ call }, on) {
      const { rowCount } = await on.query(BEGIN, valuesOf(call))
      return rowCount === 1
    },
    async 'call.failed'({ call }, on) {
      await on.query(FAIL, valuesOf(call))
      return true
    },
    async 'call.finished'({ threadId, toolCallId, result, at }, on) {
      const { rowCount } = await on.query(FINISH, [
        threadId,
        toolCallId,
        read.close(JSON.stringify(result), { of: CALLS, row: { threadId, toolCallId }, column: 'result' }),
        at,
        Number(isUnknown(result))
      ])
      return rowCount === 1
    }
  } satisfies Partial<Writes<Promise<boolean>, [on: ClientBase]>>

  const rows = {
    call: async ({ threadId, toolCallId }) => read.one(CALLS, (await select(CALL, [threadId, toolCallId]))[0]),
    startedCalls: listOf(STARTED),
    unknownCalls: listOf(UNKNOWN),
    effectsOf: async (rootThreadId) => read.all(CALLS, await select(EFFECTS_OF, [rootThreadId]))
  } satisfies Partial<Journal>
  return { rows, writes }
}
