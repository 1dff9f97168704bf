import type { ClientBase, Pool } from 'pg'
import type { Journal } from '../../state/journal.ts'
import { alreadyLeft } from '../already-left.ts'
import type { RowReader } from '../row-reader.ts'
import { BRANCHES, REPEATS } from '../rows.ts'
import type { Writes } from '../writes.ts'
import { treeLock } from './fence.ts'

const BRANCH = `
  insert into deputy_branches (
    root_thread_id, from_root_thread_id, from_thread_id, from_checkpoint_id, replaces, branched_at
  ) values ($1, $2, $3, $4, $5, $6)
  on conflict (root_thread_id) do nothing
`
const SELECT_BRANCHES = `
  select root_thread_id as "rootThreadId", from_root_thread_id as "fromRootThreadId", from_thread_id as "fromThreadId",
    from_checkpoint_id as "fromCheckpointId", replaces, branched_at as "branchedAt"
  from deputy_branches
`
const BRANCH_OF = `${SELECT_BRANCHES} where root_thread_id = $1`
const BRANCHES_FROM = `${SELECT_BRANCHES} where from_root_thread_id = $1 or replaces = $1 order by seq`
/** A tree is left once: who would leave it at the same time waits, and sees it left. */
const LEAVE = `select pg_advisory_xact_lock(${treeLock('$1')})`
const IS_LEFT = 'select 1 from deputy_branches where replaces = $1 and root_thread_id <> $2'
const REPEAT = `
  insert into deputy_repeats (
    root_thread_id, thread_id, tool_call_id, path, tool, effect, args_hash, started_at, accepted
  ) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
  on conflict (root_thread_id, thread_id, tool_call_id) do nothing
`
const REPEATS_IN = `
  select root_thread_id as "rootThreadId", thread_id as "threadId", tool_call_id as "toolCallId", path, tool, effect,
    args_hash as "argsHash", started_at as "startedAt", accepted
  from deputy_repeats where root_thread_id = $1 order by started_at, thread_id, tool_call_id
`

export function branchRows(pool: Pool, read: RowReader) {
  const select = async (sql: string, values: unknown[]) => (await pool.query<object>(sql, values)).rows

  const writes = {
    async branch({ branch }, on) {
      const { rootThreadId, fromRootThreadId, fromThreadId, fromCheckpointId, replaces, branchedAt } = branch
      const values = [rootThreadId, fromRootThreadId, fromThreadId, fromCheckpointId, replaces, branchedAt]
      if (replaces !== null) {
        await on.query(LEAVE, [replaces])
        if ((await on.query(IS_LEFT, [replaces, rootThreadId])).rowCount !== 0) throw alreadyLeft(replaces)
      }
      return (await on.query(BRANCH, values)).rowCount === 1
    },
    async repeat({ repeat: row }, on) {
      const { rootThreadId, threadId, toolCallId, path, tool, effect, startedAt, accepted } = row
      const argsHash = read.close(row.argsHash, { of: REPEATS, row, column: 'argsHash' })
      const values = [rootThreadId, threadId, toolCallId, path, tool, effect, argsHash, startedAt, accepted]
      return (await on.query(REPEAT, values)).rowCount === 1
    }
  } satisfies Partial<Writes<Promise<boolean>, [on: ClientBase]>>

  const rows = {
    branchOf: async (rootThreadId) => read.one(BRANCHES, (await select(BRANCH_OF, [rootThreadId]))[0]),
    branchesFrom: async (rootThreadId) => read.all(BRANCHES, await select(BRANCHES_FROM, [rootThreadId])),
    repeatsIn: async (rootThreadId) => read.all(REPEATS, await select(REPEATS_IN, [rootThreadId]))
  } satisfies Partial<Journal>
  return { rows, writes }
}
