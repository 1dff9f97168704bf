import type { Database } from 'better-sqlite3'
import { type CallStart, isUnknown } from '../../state/call-records.ts'
import type { Journal, Part } from '../../state/journal.ts'
import type { RowReader } from '../row-reader.ts'
import { CALLS } from '../rows.ts'
import type { Writes } from '../writes.ts'
import { belongsTo } from './owners.ts'

const BEGIN = `
  insert into deputy_calls (root_thread_id, thread_id, tool_call_id, tool, effect, args_hash, status, started_at)
  values (@rootThreadId, @threadId, @toolCallId, @tool, @effect, @argsHash, 'started', @startedAt)
  on conflict (thread_id, tool_call_id) do nothing
`
const FAIL = `
  insert into deputy_calls as known (
    root_thread_id, thread_id, tool_call_id, tool, effect, args_hash, status, started_at, failures
  )
  values (@rootThreadId, @threadId, @toolCallId, @tool, @effect, @argsHash, 'started', @startedAt, 1)
  on conflict (thread_id, tool_call_id) do update set failures = known.failures + 1
`
const FINISH = `
  update deputy_calls set status = 'finished', result = @result, finished_at = @at, outcome_unknown = @unknown
  where thread_id = @threadId and tool_call_id = @toolCallId and status = 'started'
`
const SELECT_CALLS = `
  select thread_id as "threadId", tool_call_id as "toolCallId", root_thread_id as "rootThreadId", tool, effect,
    args_hash as "argsHash", status, started_at as "startedAt", result, finished_at as "finishedAt",
    failures
  from deputy_calls
`
const CALL = `${SELECT_CALLS} where thread_id = @threadId and tool_call_id = @toolCallId`
const EFFECTS_OF = `${SELECT_CALLS} where root_thread_id = ? and effect <> 'read' order by started_at, seq`
const STARTED = "status = 'started' and effect <> 'read'"
const UNKNOWN = 'outcome_unknown = 1'

export function callRows(db: Database, read: RowReader) {
  const begin = db.prepare(BEGIN)
  const fail = db.prepare(FAIL)
  const finish = db.prepare(FINISH)
  const byKey = db.prepare(CALL)
  const effects = db.prepare(EFFECTS_OF)

  const columnsOf = (call: CallStart) => ({
    ...call,
    argsHash: read.close(call.argsHash, { of: CALLS, row: call, column: 'argsHash' })
  })

  function listOf(condition: string) {
    const all = db.prepare(`${SELECT_CALLS} where ${condition} order by started_at, seq`)
    const ofTree = db.prepare(`${SELECT_CALLS} where ${condition} and root_thread_id = ? order by started_at, seq`)
    const ofPrincipal = db.prepare(
      `${SELECT_CALLS} where ${condition} and ${belongsTo('deputy_calls')} order by started_at, seq`
    )
    return async ({ rootThreadId, principal }: Part = {}) => {
      if (rootThreadId !== undefined) return read.all(CALLS, ofTree.all(rootThreadId))
      return read.all(CALLS, principal === undefined ? all.all() : ofPrincipal.all(principal))
    }
  }

  const writes = {
    'call.begun': ({ call }) => begin.run(columnsOf(call)).changes === 1,
    'call.failed': ({ call }) => fail.run(columnsOf(call)).changes === 1,
    'call.finished'({ result, ...row }) {
      const text = read.close(JSON.stringify(result), { of: CALLS, row, column: 'result' })
      return finish.run({ ...row, result: text, unknown: Number(isUnknown(result)) }).changes === 1
    }
  } satisfies Partial<Writes<boolean>>

  const rows = {
    call: async (key) => read.one(CALLS, byKey.get(key)),
    startedCalls: listOf(STARTED),
    unknownCalls: listOf(UNKNOWN),
    effectsOf: async (rootThreadId) => read.all(CALLS, effects.all(rootThreadId))
  } satisfies Partial<Journal>
  return { rows, writes }
}
