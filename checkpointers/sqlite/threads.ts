import type { Database } from 'better-sqlite3'
import type { Journal } from '../../state/journal.ts'
import type { RowReader } from '../row-reader.ts'
import { policyText, THREADS, toJson } from '../rows.ts'
import { unknownThread } from '../unknown-thread.ts'
import type { Writes } from '../writes.ts'

const SAVE_THREAD = `
  insert into deputy_threads (
    thread_id, root_thread_id, parent_thread_id, principal, task_id, agent, path, task, background, workspace, policy, status,
    created_at, updated_at, untrusted
  ) values (
    @threadId, @rootThreadId, @parentThreadId, @principal, @taskId, @agent, @path, @task, @background, @workspace, @policy, @status,
    @createdAt, @updatedAt, @untrusted
  )
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
  where deputy_threads.principal is excluded.principal
`
const SET_STATUS = 'update deputy_threads set status = @status, updated_at = @at where thread_id = @threadId'
const SET_POLICY = 'update deputy_threads set policy = @policy where thread_id = @threadId'
const SELECT_THREADS = `
  select thread_id as "threadId", root_thread_id as "rootThreadId", parent_thread_id as "parentThreadId",
    principal, task_id as "taskId", agent, path, task, background, untrusted, workspace, policy, status,
    created_at as "createdAt", updated_at as "updatedAt"
  from deputy_threads
`
const THREAD = `${SELECT_THREADS} where thread_id = ?`
const THREADS_OF = `${SELECT_THREADS} where root_thread_id = ? order by created_at, seq`
/** Without its end: who asks for the rows of one principal narrows it down. */
const ROOTS = `${SELECT_THREADS} where parent_thread_id is null`
const LAST_TOUCHED = 'order by updated_at desc, seq desc limit @limit offset @offset'
const OLDEST = 'order by created_at, seq'
const FOR = 'and principal is @principal'
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

export function threadRows(db: Database, read: RowReader) {
  const save = db.prepare(SAVE_THREAD)
  const setStatus = db.prepare(SET_STATUS)
  const setPolicy = db.prepare(SET_POLICY)
  const byId = db.prepare(THREAD)
  const byRoot = db.prepare(THREADS_OF)
  const roots = db.prepare(`${ROOTS} ${LAST_TOUCHED}`)
  const rootsFor = db.prepare(`${ROOTS} ${FOR} ${LAST_TOUCHED}`)
  const unfinished = db.prepare(`${UNFINISHED} ${OLDEST}`)
  const unfinishedFor = db.prepare(`${UNFINISHED} ${FOR} ${OLDEST}`)

  const writes = {
    thread({ thread }) {
      const task = read.close(toJson(thread.task), { of: THREADS, row: thread, column: 'task' })
      const { changes } = save.run({
        untrusted: null,
        ...thread,
        task,
        background: Number(thread.background),
        policy: policyText(thread, read)
      })
      if (changes === 0) throw unknownThread(thread.threadId)
      return true
    },
    status: ({ threadId, status, at }) => setStatus.run({ threadId, status, at }).changes >= 0
  } satisfies Partial<Writes<boolean>>

  const rows = {
    saveThread: async (thread) => void writes.thread({ thread }),
    setThreadStatus: async (threadId, status, at) => void writes.status({ threadId, status, at }),
    async setPolicy(threadId, policy) {
      setPolicy.run({ threadId, policy: policyText({ threadId, policy }, read) })
    },
    thread: async (threadId) => read.one(THREADS, byId.get(threadId)),
    threadsOf: async (rootThreadId) => read.all(THREADS, byRoot.all(rootThreadId)),
    async unfinished({ principal } = {}) {
      return read.all(THREADS, principal === undefined ? unfinished.all() : unfinishedFor.all({ principal }))
    },
    async roots({ limit, principal }) {
      const select = (part: object) =>
        principal === undefined ? roots.all(part) : rootsFor.all({ ...part, principal })
      return read.page(THREADS, { limit, select })
    }
  } satisfies Partial<Journal>
  return { rows, writes }
}
