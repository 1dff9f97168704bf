import type { AgentEvent } from '../../state/events.ts'
import type { Journal } from '../../state/journal.ts'
import { leaseLost } from '../lease-lost.ts'

export function eventRows() {
  const trees = new Map<string, AgentEvent[]>()
  const lastSeqOf = (rootThreadId: string) => trees.get(rootThreadId)?.at(-1)?.seq ?? 0

  return {
    async appendEvents(events) {
      const [first] = events
      if (first === undefined) return
      const { rootThreadId, threadId, seq } = first
      if (seq <= lastSeqOf(rootThreadId)) throw leaseLost(threadId)
      const known = trees.get(rootThreadId) ?? []
      known.push(...structuredClone(events))
      trees.set(rootThreadId, known)
    },
    async eventsOf(rootThreadId, { after, limit }) {
      const events = trees.get(rootThreadId) ?? []
      const start = events.findLastIndex(({ seq }) => seq <= after) + 1
      return structuredClone(events.slice(start, start + limit))
    },
    lastSeq: async (rootThreadId) => lastSeqOf(rootThreadId)
  } satisfies Partial<Journal>
}
