import type { AgentEvent } from '../../state/events.ts'
import type { Journal, RowWrite } from '../../state/journal.ts'
import { leaseLost } from '../lease-lost.ts'
import { numbered } from '../numbered.ts'
import { dueToGo } from '../retention.ts'

interface Tree {
  events: AgentEvent[]
  /** The last number of each thread. */
  readonly ends: Map<string, number>
  /** The last number that is gone, and that of each thread. */
  gone: number
  readonly goneOf: Map<string, number>
}

interface Parts {
  /** Does not wait: what it writes is written with the events. */
  write(row: RowWrite): boolean
  isOpen(askId: string): boolean
}

const newTree = (): Tree => ({ events: [], ends: new Map(), gone: 0, goneOf: new Map() })

export function eventRows({ write, isOpen }: Parts) {
  const trees = new Map<string, Tree>()
  const lastSeqOf = (rootThreadId: string) => trees.get(rootThreadId)?.events.at(-1)?.seq ?? 0

  /** What is gone is gone from the front; what stays there are asks. */
  function prune(tree: Tree, to: number): void {
    const end = tree.events.findIndex(({ seq }) => seq > to)
    const old = tree.events.splice(0, end)
    const isKept = (event: AgentEvent) => event.type === 'ask.opened' && isOpen(event.ask.id)
    for (const { seq, threadId, threadSeq } of old.filter((event) => !isKept(event))) {
      tree.gone = Math.max(tree.gone, seq)
      tree.goneOf.set(threadId, Math.max(tree.goneOf.get(threadId) ?? 0, threadSeq))
    }
    tree.events = [...old.filter(isKept), ...tree.events]
  }

  const rows = {
    async append(entries, { rootThreadId, after, keep = Number.POSITIVE_INFINITY }) {
      if (entries.some(({ event }) => event) && lastSeqOf(rootThreadId) !== after) throw leaseLost(rootThreadId)
      const written = entries.map(({ row, event }) => ({ event, isNew: !row || write(row) }))
      const tree = trees.get(rootThreadId) ?? newTree()
      const { kept, events } = numbered(written, { after, lastOf: (threadId) => tree.ends.get(threadId) ?? 0 })
      tree.events.push(...structuredClone(events))
      for (const { threadId, threadSeq } of events) tree.ends.set(threadId, threadSeq)
      const to = dueToGo({ after, last: after + events.length, keep })
      if (to !== undefined) prune(tree, to)
      trees.set(rootThreadId, tree)
      return kept
    },
    async eventsOf(rootThreadId, { after, limit, threadId }) {
      const events = trees.get(rootThreadId)?.events ?? []
      if (threadId !== undefined) {
        const own = events.filter((event) => event.threadId === threadId && event.threadSeq > after)
        return structuredClone(own.slice(0, limit))
      }
      const start = events.findLastIndex(({ seq }) => seq <= after) + 1
      return structuredClone(events.slice(start, start + limit))
    },
    async prunedTo(rootThreadId, { threadId } = {}) {
      const tree = trees.get(rootThreadId)
      return (threadId === undefined ? tree?.gone : tree?.goneOf.get(threadId)) ?? 0
    },
    lastSeq: async (rootThreadId) => lastSeqOf(rootThreadId)
  } satisfies Partial<Journal>

  /** Gives how many went. */
  function pruneTo(rootThreadId: string, to: number): number {
    const tree = trees.get(rootThreadId)
    const before = tree?.events.length ?? 0
    if (tree) prune(tree, to)
    return before - (tree?.events.length ?? 0)
  }

  function deleteOf(rootThreadId: string): number {
    const { length } = trees.get(rootThreadId)?.events ?? []
    trees.delete(rootThreadId)
    return length
  }
  return { rows, pruneTo, deleteOf }
}
