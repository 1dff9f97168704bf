import type { Budget } from '../../state/budget.ts'
import type { Journal, ThreadUsage } from '../../state/journal.ts'
import { addUsage, NO_USAGE } from '../../state/usage.ts'
import type { Writes } from '../writes.ts'

export function usageRows() {
  const trees = new Map<string, Map<string, ThreadUsage>>()
  const caps = new Map<string, Partial<Budget>>()

  const writes = {
    usage({ rootThreadId, threadId, usage, workedMs, begins }) {
      const tree = trees.get(rootThreadId) ?? new Map<string, ThreadUsage>()
      const before = tree.get(threadId) ?? { usage: NO_USAGE, workedMs: 0, turnMs: 0 }
      const sum = {
        threadId,
        usage: addUsage(before.usage, usage),
        workedMs: before.workedMs + workedMs,
        turnMs: (begins ? 0 : before.turnMs) + workedMs
      }
      trees.set(rootThreadId, tree.set(threadId, sum))
      return true
    },
    cap({ rootThreadId, limit, cap }) {
      caps.set(rootThreadId, { ...caps.get(rootThreadId), [limit]: cap })
      return true
    }
  } satisfies Partial<Writes<boolean>>

  const rows = {
    usageOf: async (rootThreadId) => structuredClone([...(trees.get(rootThreadId)?.values() ?? [])]),
    setCap: async (cap) => void writes.cap(cap),
    caps: async (rootThreadId) => ({ ...caps.get(rootThreadId) })
  } satisfies Partial<Journal>
  function addTo(rootThreadId: string, { threadId, into }: { threadId: string; into: string }): void {
    const used = trees.get(rootThreadId)?.get(threadId)
    if (!used) return
    const { usage, workedMs } = used
    const before = trees.get(rootThreadId)!.get(into)?.turnMs ?? 0
    writes.usage({ rootThreadId, threadId: into, usage, workedMs, begins: false })
    const sum = trees.get(rootThreadId)!.get(into)!
    trees
      .get(rootThreadId)!
      .set(into, { ...sum, turnMs: before })
      .delete(threadId)
  }

  function deleteOf(rootThreadId: string): number {
    const { size } = trees.get(rootThreadId) ?? new Map()
    trees.delete(rootThreadId)
    return size + Number(caps.delete(rootThreadId))
  }
  return { rows, writes, addTo, deleteOf }
}
