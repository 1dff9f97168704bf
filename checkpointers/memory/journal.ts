import type { AskRecord } from '../../state/asks.ts'
import type { Journal } from '../../state/journal.ts'
import type { ThreadRecord } from '../../state/threads.ts'

/** A journal in maps, which keep the order of insertion. Records are copied on their way in and out. */
export function memoryJournal(): Journal {
  return { ...threadRows(), ...askRows(), ...outputRows() }
}

function threadRows() {
  const threads = new Map<string, ThreadRecord>()

  return {
    async saveThread(thread) {
      const { createdAt } = threads.get(thread.threadId) ?? thread
      threads.set(thread.threadId, structuredClone({ ...thread, createdAt }))
    },
    async setThreadStatus(threadId, status, at) {
      const thread = threads.get(threadId)
      if (thread) threads.set(threadId, { ...thread, status, updatedAt: at })
    },
    thread: async (threadId) => structuredClone(threads.get(threadId)),
    async threadsOf(rootThreadId) {
      const found = [...threads.values()].filter((thread) => thread.rootThreadId === rootThreadId)
      return structuredClone(found.sort((a, b) => a.createdAt - b.createdAt))
    },
    async roots({ limit }) {
      const found = [...threads.values()].filter((thread) => thread.parentThreadId === null).reverse()
      return structuredClone(found.sort((a, b) => b.updatedAt - a.updatedAt).slice(0, limit))
    }
  } satisfies Partial<Journal>
}

function askRows() {
  const asks = new Map<string, AskRecord>()
  const openRecords = () => [...asks.values()].filter((record) => record.status === 'open')

  return {
    async openAsk({ ask, rootThreadId, at }) {
      if (asks.has(ask.id)) return false
      asks.set(ask.id, structuredClone({ status: 'open', ask, rootThreadId, openedAt: at }))
      return true
    },
    ask: async (askId) => structuredClone(asks.get(askId)),
    async openAsks({ rootThreadId } = {}) {
      const found = openRecords().filter((record) => rootThreadId === undefined || record.rootThreadId === rootThreadId)
      return structuredClone(found.sort((a, b) => a.openedAt - b.openedAt))
    },
    async asks(askIds) {
      return structuredClone([...new Set(askIds)].flatMap((askId) => asks.get(askId) ?? []))
    },
    async decideAsk(askId, { decision, by, at }) {
      const record = asks.get(askId)
      if (record?.status !== 'open') return false
      asks.set(askId, structuredClone({ ...record, status: 'decided', decision, by, decidedAt: at }))
      return true
    },
    async withdrawAsks(threadIds) {
      for (const record of openRecords())
        if (threadIds.includes(record.ask.threadId)) asks.set(record.ask.id, { ...record, status: 'withdrawn' })
    }
  } satisfies Partial<Journal>
}

function outputRows() {
  const outputs = new Map<string, string>()
  const keyOf = (key: { threadId: string; toolCallId: string }) => JSON.stringify([key.threadId, key.toolCallId])

  return {
    put: async (output) => void outputs.set(keyOf(output), output.text),
    get: async (key) => outputs.get(keyOf(key))
  } satisfies Partial<Journal>
}
