import type { Journal, ThreadUsage } from '../../state/journal.ts'
import { addUsage } from '../../state/usage.ts'
import type { Writes } from '../writes.ts'

export function usageRows() {
  const trees = new Map<string, Map<string, ThreadUsage>>()

  const writes = {
    usage({ rootThreadId, threadId, usage, workedMs }) {
      const tree = trees.get(rootThreadId) ?? new Map<string, ThreadUsage>()
      const before = tree.get(threadId)
      const sum = before ? addUsage(before.usage, usage) : { ...usage }
      trees.set(
        rootThreadId,
        tree.set(threadId, { threadId, usage: sum, workedMs: (before?.workedMs ?? 0) + workedMs })
      )
      return true
    }
  } satisfies Partial<Writes<boolean>>

  const rows = {
    usageOf: async (rootThreadId) => structuredClone([...(trees.get(rootThreadId)?.values() ?? [])])
  } satisfies Partial<Journal>
  return { rows, writes }
}
