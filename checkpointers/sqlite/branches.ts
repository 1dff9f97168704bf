import type { Database } from 'better-sqlite3'
import type { Branch } from '../../state/branches.ts'
import type { Journal } from '../../state/journal.ts'
import { alreadyLeft } from '../already-left.ts'
import type { RowReader } from '../row-reader.ts'
import { BRANCHES, REPEATS } from '../rows.ts'
import type { Writes } from '../writes.ts'

const BRANCH = `
  insert into deputy_branches (
    root_thread_id, from_root_thread_id, from_thread_id, from_checkpoint_id, replaces, branched_at
  ) values (@rootThreadId, @fromRootThreadId, @fromThreadId, @fromCheckpointId, @replaces, @branchedAt)
  on conflict (root_thread_id) do nothing
`
/** A tree is left once. */
const IS_LEFT = 'select 1 from deputy_branches where replaces = @replaces and root_thread_id <> @rootThreadId'
const SELECT_BRANCHES = `
  select root_thread_id as "rootThreadId", from_root_thread_id as "fromRootThreadId", from_thread_id as "fromThreadId",
    from_checkpoint_id as "fromCheckpointId", replaces, branched_at as "branchedAt"
  from deputy_branches
`
const BRANCH_OF = `${SELECT_BRANCHES} where root_thread_id = ?`
const BRANCHES_FROM = `${SELECT_BRANCHES} where from_root_thread_id = @root or replaces = @root order by seq`
const REPEAT = `
  insert into deputy_repeats (
    root_thread_id, thread_id, tool_call_id, path, tool, effect, args_hash, started_at, accepted
  ) values (@rootThreadId, @threadId, @toolCallId, @path, @tool, @effect, @argsHash, @startedAt, @accepted)
  on conflict (root_thread_id, thread_id, tool_call_id) do nothing
`
const REPEATS_IN = `
  select root_thread_id as "rootThreadId", thread_id as "threadId", tool_call_id as "toolCallId", path, tool, effect,
    args_hash as "argsHash", started_at as "startedAt", accepted
  from deputy_repeats where root_thread_id = ? order by started_at, thread_id, tool_call_id
`

export function branchRows(db: Database, read: RowReader) {
  const begin = db.prepare(BRANCH)
  const isLeft = db.prepare<[Branch], number>(IS_LEFT).pluck()
  const byRoot = db.prepare(BRANCH_OF)
  const byOrigin = db.prepare(BRANCHES_FROM)
  const repeat = db.prepare(REPEAT)
  const repeats = db.prepare(REPEATS_IN)

  const writes = {
    branch({ branch }) {
      if (branch.replaces !== null && isLeft.get(branch)) throw alreadyLeft(branch.replaces)
      return begin.run(branch).changes === 1
    },
    repeat({ repeat: row }) {
      const argsHash = read.close(row.argsHash, { of: REPEATS, row, column: 'argsHash' })
      return repeat.run({ ...row, argsHash, accepted: Number(row.accepted) }).changes === 1
    }
  } satisfies Partial<Writes<boolean>>

  const rows = {
    branchOf: async (rootThreadId) => read.one(BRANCHES, byRoot.get(rootThreadId)),
    branchesFrom: async (root) => read.all(BRANCHES, byOrigin.all({ root })),
    repeatsIn: async (rootThreadId) => read.all(REPEATS, repeats.all(rootThreadId))
  } satisfies Partial<Journal>
  return { rows, writes }
}
