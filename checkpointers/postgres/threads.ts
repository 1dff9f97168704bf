import type { ClientBase, Pool } from 'pg'
import type { Journal } from '../../state/journal.ts'
import type { RowReader } from '../row-reader.ts'
import { policyText, THREADS, toJson } from '../rows.ts'
import { unknownThread } from '../unknown-thread.ts'
import type { Writes } from '../writes.ts'
import { isPrincipal } from './owners.ts'

const SAVE_THREAD = `
  insert into deputy_threads (
    thread_id, root_thread_id, parent_thread_id, principal, task_id, agent, path, task, background, workspace, policy, status,
    created_at, updated_at, untrusted
  ) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
  on conflict (thread_id) do update set
    root_thread_id = excluded.root_thread_id,
    parent_thread_id = excluded.parent_thread_id,
    task_id = excluded.task_id,
    agent = excluded.agent,
    path = excluded.path,
    task = excluded.task,
    background = excluded.background,
    workspace = excluded.workspace,
    status = excluded.status,
    updated_at = excluded.updated_at,
    untrusted = coalesce(deputy_threads.untrusted, excluded.untrusted)
  where deputy_threads.principal is not distinct from excluded.principal
`
const SET_STATUS = 'update deputy_threads set status = $2, updated_at = $3 where thread_id = $1'
const SET_POLICY = 'update deputy_threads set policy = $2 where thread_id = $1'
const SELECT_THREADS = `
  select thread_id as "threadId", root_thread_id as "rootThreadId", parent_thread_id as "parentThreadId",
    principal, task_id as "taskId", agent, path, task, background, untrusted, workspace, policy, status,
    created_at as "createdAt", updated_at as "updatedAt"
  from deputy_threads
`
const THREAD = `${SELECT_THREADS} where thread_id = $1`
const THREADS_OF = `${SELECT_THREADS} where root_thread_id = $1 order by created_at, seq`
/** Without its end: who asks for the rows of one principal narrows it down. */
const ROOTS = `${SELECT_THREADS} where parent_thread_id is null`
const LAST_TOUCHED = 'order by updated_at desc, seq desc limit $1 offset $2'
const OLDEST = 'order by created_at, seq'
/** Roots of trees in which a thread is marked as running, waits for a decision that has been made, or has something to go on with. */
const UNFINISHED = `${SELECT_THREADS} where thread_id in (
    select root_thread_id from deputy_threads where status = 'running'
    union
    select t.root_thread_id from deputy_threads t join deputy_asks a on a.thread_id = t.thread_id
    where t.status = 'asking' and a.status = 'decided'
    union
    select root_thread_id from deputy_letters where kind = 'queue' and status <> 'taken'
    union
    select t.root_thread_id from deputy_threads t join deputy_letters l on l.thread_id = t.thread_id
    where l.kind in ('follow-up', 'report') and l.status <> 'taken' and t.status <> 'cancelled'
  )`
const ROOTS_FOR = `${ROOTS} and ${isPrincipal('principal', '$3')} ${LAST_TOUCHED}`
const UNFINISHED_FOR = `${UNFINISHED} and ${isPrincipal('principal', '$1')} ${OLDEST}`

export function threadRows(pool: Pool, read: RowReader) {
  const select = async (sql: string, values: unknown[]) => (await pool.query<object>(sql, values)).rows

  const writes = {
    async thread({ thread }, on) {
      const { threadId, rootThreadId, parentThreadId, principal, taskId, agent, path, ...rest } = thread
      const place = [threadId, rootThreadId, parentThreadId, principal, taskId, agent, path]
      const { background, workspace, status, createdAt, updatedAt, untrusted = null } = rest
      const task = read.close(toJson(rest.task), { of: THREADS, row: thread, column: 'task' })
      const standing = [task, background, workspace, policyText(thread, read), status, createdAt, updatedAt, untrusted]
      const { rowCount } = await on.query(SAVE_THREAD, [...place, ...standing])
      if (rowCount === 0) throw unknownThread(threadId)
      return true
    },
    async status({ threadId, status, at }, on) {
      await on.query(SET_STATUS, [threadId, status, at])
      return true
    }
  } satisfies Partial<Writes<Promise<boolean>, [on: Pool | ClientBase]>>

  const rows = {
    saveThread: async (thread) => void (await writes.thread({ thread }, pool)),
    setThreadStatus: async (threadId, status, at) => void (await writes.status({ threadId, status, at }, pool)),
    async setPolicy(threadId, policy) {
      await pool.query(SET_POLICY, [threadId, policyText({ threadId, policy }, read)])
    },
    thread: async (threadId) => read.one(THREADS, (await select(THREAD, [threadId]))[0]),
    threadsOf: async (rootThreadId) => read.all(THREADS, await select(THREADS_OF, [rootThreadId])),
    async unfinished({ principal } = {}) {
      const all = principal === undefined
      const rows = all ? select(`${UNFINISHED} ${OLDEST}`, []) : select(UNFINISHED_FOR, [principal])
      return read.all(THREADS, await rows)
    },
    async roots({ limit, principal }) {
      const all = principal === undefined
      const sql = all ? `${ROOTS} ${LAST_TOUCHED}` : ROOTS_FOR
      const whose = all ? [] : [principal]
      return read.page(THREADS, { limit, select: (part) => select(sql, [part.limit, part.offset, ...whose]) })
    }
  } satisfies Partial<Journal>
  return { rows, writes }
}
