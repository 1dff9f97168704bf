import type { Journal } from '../../state/journal.ts'
import type { Principal, ThreadRecord } from '../../state/threads.ts'
import { unknownThread } from '../unknown-thread.ts'
import type { Writes } from '../writes.ts'

export function threadRows(threads: Map<string, ThreadRecord>) {
  const writes = {
    thread({ thread }) {
      const { createdAt, principal, policy, untrusted = thread.untrusted } = threads.get(thread.threadId) ?? thread
      if (principal !== thread.principal) throw unknownThread(thread.threadId)
      const kept = { ...thread, createdAt, policy, ...(untrusted !== undefined && { untrusted }) }
      threads.set(thread.threadId, structuredClone(kept))
      return true
    },
    status({ threadId, status, at }) {
      const thread = threads.get(threadId)
      if (thread) threads.set(threadId, { ...thread, status, updatedAt: at })
      return true
    }
  } satisfies Partial<Writes<boolean>>

  const rows = {
    saveThread: async (thread) => void writes.thread({ thread }),
    setThreadStatus: async (threadId, status, at) => void writes.status({ threadId, status, at }),
    async setPolicy(threadId, policy) {
      const thread = threads.get(threadId)
      if (thread) threads.set(threadId, structuredClone({ ...thread, policy }))
    },
    thread: async (threadId) => structuredClone(threads.get(threadId)),
    async threadsOf(rootThreadId) {
      const found = [...threads.values()].filter((thread) => thread.rootThreadId === rootThreadId)
      return structuredClone(found.sort((a, b) => a.createdAt - b.createdAt))
    },
    // Nothing here outlives the process, so no decision waits for another one to go on with it.
    async unfinished({ principal } = {}) {
      const active = new Set(
        [...threads.values()].filter(({ status }) => status === 'running').map((t) => t.rootThreadId)
      )
      const found = [...threads.values()].filter(({ threadId }) => active.has(threadId))
      return structuredClone(found.filter(isOf(principal)))
    },
    async roots({ limit, principal }) {
      const all = [...threads.values()].filter((thread) => thread.parentThreadId === null)
      const found = all.filter(isOf(principal)).reverse()
      return structuredClone(found.sort((a, b) => b.updatedAt - a.updatedAt).slice(0, limit))
    }
  } satisfies Partial<Journal>
  return { rows, writes }
}

const isOf = (principal: Principal | undefined) => (thread: ThreadRecord) =>
  principal === undefined || thread.principal === principal
