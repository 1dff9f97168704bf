import type { Journal } from '../../state/journal.ts'
import type { ThreadRecord } from '../../state/threads.ts'
import type { Writes } from '../writes.ts'

export function threadRows() {
  const threads = new Map<string, ThreadRecord>()

  const writes = {
    thread({ thread }) {
      const { createdAt } = threads.get(thread.threadId) ?? thread
      threads.set(thread.threadId, structuredClone({ ...thread, createdAt }))
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
    thread: async (threadId) => structuredClone(threads.get(threadId)),
    async threadsOf(rootThreadId) {
      const found = [...threads.values()].filter((thread) => thread.rootThreadId === rootThreadId)
      return structuredClone(found.sort((a, b) => a.createdAt - b.createdAt))
    },
    // Nothing here outlives the process, so no decision waits for another one to go on with it.
    async unfinished() {
      const active = new Set(
        [...threads.values()].filter(({ status }) => status === 'running').map((t) => t.rootThreadId)
      )
      return structuredClone([...threads.values()].filter(({ threadId }) => active.has(threadId)))
    },
    async roots({ limit }) {
      const found = [...threads.values()].filter((thread) => thread.parentThreadId === null).reverse()
      return structuredClone(found.sort((a, b) => b.updatedAt - a.updatedAt).slice(0, limit))
    }
  } satisfies Partial<Journal>
  return { rows, writes }
}
