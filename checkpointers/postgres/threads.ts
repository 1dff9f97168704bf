import type { Pool } from 'pg'
import type { Journal } from '../../state/journal.ts'
import { threadOf, toJson } from '../rows.ts'

const SAVE_THREAD = `
  insert into deputy_threads (
    thread_id, root_thread_id, parent_thread_id, task_id, agent, path, task, workspace, status, created_at, updated_at
  ) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
  on conflict (thread_id) do update set
    root_thread_id = excluded.root_thread_id,
    parent_thread_id = excluded.parent_thread_id,
    task_id = excluded.task_id,
    agent = excluded.agent,
    path = excluded.path,
    task = excluded.task,
    workspace = excluded.workspace,
    status = excluded.status,
    updated_at = excluded.updated_at
`
const SET_STATUS = 'update deputy_threads set status = $2, updated_at = $3 where thread_id = $1'
const SELECT_THREADS = `
  select thread_id as "threadId", root_thread_id as "rootThreadId", parent_thread_id as "parentThreadId",
    task_id as "taskId", agent, path, task, workspace, status, created_at as "createdAt", updated_at as "updatedAt"
  from deputy_threads
`
const THREAD = `${SELECT_THREADS} where thread_id = $1`
const THREADS_OF = `${SELECT_THREADS} where root_thread_id = $1 order by created_at, seq`
const ROOTS = `${SELECT_THREADS} where parent_thread_id is null order by updated_at desc, seq desc limit $1`

export function threadRows(pool: Pool) {
  return {
    async saveThread({ threadId, rootThreadId, parentThreadId, taskId, agent, path, ...thread }) {
      const place = [threadId, rootThreadId, parentThreadId, taskId, agent, path]
      const standing = [toJson(thread.task), thread.workspace, thread.status, thread.createdAt, thread.updatedAt]
      await pool.query(SAVE_THREAD, [...place, ...standing])
    },
    async setThreadStatus(threadId, status, at) {
      await pool.query(SET_STATUS, [threadId, status, at])
    },
    async thread(threadId) {
      const { rows } = await pool.query<object>(THREAD, [threadId])
      return rows.map(threadOf)[0]
    },
    async threadsOf(rootThreadId) {
      const { rows } = await pool.query<object>(THREADS_OF, [rootThreadId])
      return rows.map(threadOf)
    },
    async roots({ limit }) {
      const { rows } = await pool.query<object>(ROOTS, [limit])
      return rows.map(threadOf)
    }
  } satisfies Partial<Journal>
}
