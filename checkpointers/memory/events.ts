import type { AgentEvent } from '../../state/events.ts'
import type { Journal, RowWrite } from '../../state/journal.ts'
import { leaseLost } from '../lease-lost.ts'
import { numbered } from '../numbered.ts'

/** `write` does not wait: what it writes is written with the events. */
export function eventRows(write: (row: RowWrite) => boolean) {
  const trees = new Map<string, AgentEvent[]>()
  const lastSeqOf = (rootThreadId: string) => trees.get(rootThreadId)?.at(-1)?.seq ?? 0

  return {
    async append(entries, { rootThreadId, after }) {
      if (entries.some(({ event }) => event) && lastSeqOf(rootThreadId) !== after) throw leaseLost(rootThreadId)
      const written = entries.map(({ row, event }) => ({ event, isNew: !row || write(row) }))
      const { kept, events } = numbered(written, after)
      const known = trees.get(rootThreadId) ?? []
      known.push(...structuredClone(events))
      trees.set(rootThreadId, known)
      return kept
    },
    async eventsOf(rootThreadId, { after, limit }) {
      const events = trees.get(rootThreadId) ?? []
      const start = events.findLastIndex(({ seq }) => seq <= after) + 1
      return structuredClone(events.slice(start, start + limit))
    },
    lastSeq: async (rootThreadId) => lastSeqOf(rootThreadId)
  } satisfies Partial<Journal>
}
