import type { Branch, Repeat } from '../../state/branches.ts'
import type { Journal } from '../../state/journal.ts'
import { alreadyLeft } from '../already-left.ts'
import type { Writes } from '../writes.ts'
import { forget } from './forgetting.ts'

export function branchRows() {
  const branches = new Map<string, Branch>()
  const repeats = new Map<string, Repeat>()
  const keyOf = ({ rootThreadId, threadId, toolCallId }: Repeat) => JSON.stringify([rootThreadId, threadId, toolCallId])

  const writes = {
    branch({ branch }) {
      if (branches.has(branch.rootThreadId)) return false
      const { replaces } = branch
      if (replaces !== null && [...branches.values()].some((other) => other.replaces === replaces))
        throw alreadyLeft(replaces)
      branches.set(branch.rootThreadId, { ...branch })
      return true
    },
    repeat({ repeat }) {
      if (repeats.has(keyOf(repeat))) return false
      repeats.set(keyOf(repeat), { ...repeat })
      return true
    }
  } satisfies Partial<Writes<boolean>>

  const rows = {
    branchOf: async (rootThreadId) => structuredClone(branches.get(rootThreadId)),
    async branchesFrom(root) {
      const isFrom = ({ fromRootThreadId, replaces }: Branch) => fromRootThreadId === root || replaces === root
      return structuredClone([...branches.values()].filter(isFrom))
    },
    async repeatsIn(rootThreadId) {
      const found = [...repeats.values()].filter((repeat) => repeat.rootThreadId === rootThreadId)
      return structuredClone(found.sort((a, b) => a.startedAt - b.startedAt))
    }
  } satisfies Partial<Journal>
  const deleteOf = (root: string) =>
    Number(branches.delete(root)) + forget(repeats, ({ rootThreadId }) => rootThreadId === root)
  return { rows, writes, deleteOf }
}
