import type { Database } from 'better-sqlite3'
import type { Journal } from '../../state/journal.ts'
import { threadOf, toJson } from '../rows.ts'

const SAVE_THREAD = `
  insert into deputy_threads (
    thread_id, root_thread_id, parent_thread_id, task_id, agent, path, task, workspace, status, created_at, updated_at
  ) values (
    @threadId, @rootThreadId, @parentThreadId, @taskId, @agent, @path, @task, @workspace, @status, @createdAt, @updatedAt
  )
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
const SET_STATUS = 'update deputy_threads set status = @status, updated_at = @at where thread_id = @threadId'
const SELECT_THREADS = `
  select thread_id as "threadId", root_thread_id as "rootThreadId", parent_thread_id as "parentThreadId",
    task_id as "taskId", agent, path, task, workspace, status, created_at as "createdAt", updated_at as "updatedAt"
  from deputy_threads
`
const THREAD = `${SELECT_THREADS} where thread_id = ?`
const THREADS_OF = `${SELECT_THREADS} where root_thread_id = ? order by created_at, seq`
const ROOTS = `${SELECT_THREADS} where parent_thread_id is null order by updated_at desc, seq desc limit ?`

export function threadRows(db: Database) {
  const save = db.prepare(SAVE_THREAD)
  const setStatus = db.prepare(SET_STATUS)
  const byId = db.prepare(THREAD)
  const byRoot = db.prepare(THREADS_OF)
  const roots = db.prepare(ROOTS)

  return {
    saveThread: async (thread) => void save.run({ ...thread, task: toJson(thread.task) }),
    setThreadStatus: async (threadId, status, at) => void setStatus.run({ threadId, status, at }),
    async thread(threadId) {
      const row = byId.get(threadId)
      return row === undefined ? undefined : threadOf(row)
    },
    threadsOf: async (rootThreadId) => byRoot.all(rootThreadId).map(threadOf),
    roots: async ({ limit }) => roots.all(limit).map(threadOf)
  } satisfies Partial<Journal>
}
