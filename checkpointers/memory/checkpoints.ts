import type { CheckpointFilter, Journal } from '../../state/journal.ts'
import type { Label, PlacedMark } from '../../state/marks.ts'
import type { Writes } from '../writes.ts'

export function checkpointRows(labels: Map<string, Label>) {
  let places = 0
  /** By tree, in the order of their places. */
  const trees = new Map<string, PlacedMark[]>()
  const byKey = new Map<string, PlacedMark>()
  const keyOf = (key: { threadId: string; checkpointId: string }) => JSON.stringify([key.threadId, key.checkpointId])
  const nameOf = (rootThreadId: string, name: string) => JSON.stringify([rootThreadId, name])

  function passes({ threadId, agent, node, source, since, until, label }: CheckpointFilter, mark: PlacedMark): boolean {
    const labelled = label === undefined ? undefined : labels.get(nameOf(mark.rootThreadId, label))
    return (
      (threadId === undefined || mark.threadId === threadId) &&
      (agent === undefined || mark.agent === agent) &&
      (node === undefined || mark.nodes.includes(node)) &&
      (source === undefined || mark.source === source) &&
      (since === undefined || mark.at >= since) &&
      (until === undefined || mark.at <= until) &&
      (label === undefined || (labelled !== undefined && keyOf(labelled) === keyOf(mark)))
    )
  }

  const writes = {
    checkpoint({ mark }) {
      if (byKey.has(keyOf(mark))) return false
      const placed = structuredClone({ ...mark, place: ++places })
      byKey.set(keyOf(mark), placed)
      const tree = trees.get(mark.rootThreadId) ?? []
      tree.push(placed)
      trees.set(mark.rootThreadId, tree)
      return true
    }
  } satisfies Partial<Writes<boolean>>

  const rows = {
    async checkpoints(
      rootThreadId,
      { limit, before = Number.POSITIVE_INFINITY, after = 0, first = 'newest', ...filter }
    ) {
      const found: PlacedMark[] = []
      const tree = trees.get(rootThreadId) ?? []
      for (const mark of first === 'newest' ? tree.toReversed() : tree) {
        if (found.length === limit) break
        if (mark.place < before && mark.place > after && passes(filter, mark)) found.push(mark)
      }
      return structuredClone(found)
    },
    checkpoint: async (key) => structuredClone(byKey.get(keyOf(key))),
    async label(label) {
      const key = nameOf(label.rootThreadId, label.name)
      if (labels.has(key)) return false
      labels.set(key, { ...label })
      return true
    },
    unlabel: async (rootThreadId, name) => labels.delete(nameOf(rootThreadId, name)),
    async labelsOf(rootThreadId) {
      const found = [...labels.values()].filter((label) => label.rootThreadId === rootThreadId)
      return structuredClone(found.sort((a, b) => a.labelledAt - b.labelledAt))
    }
  } satisfies Partial<Journal>

  /** Gives how many went; one that has a label stays. */
  function forgetMarks(rootThreadId: string, isUnwanted: (mark: PlacedMark) => boolean): number {
    const labelled = new Set([...labels.values()].map(keyOf))
    const goes = (mark: PlacedMark) => isUnwanted(mark) && !labelled.has(keyOf(mark))
    const tree = trees.get(rootThreadId) ?? []
    const staying = tree.filter((mark) => !goes(mark))
    for (const mark of tree) if (goes(mark)) byKey.delete(keyOf(mark))
    trees.set(rootThreadId, staying)
    return tree.length - staying.length
  }
  return { rows, writes, forgetMarks }
}
