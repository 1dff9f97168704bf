import type { HistoryEntry } from '../../runtime/history/list.ts'
import { cropped } from './columns.ts'
import { oneLine } from './printable.ts'
import { plain, type Toned } from './toned.ts'

const LAST = 60

/** One line for each: id, step, what comes next from there, the last thing said. */
export function checkpointLines(entries: readonly HistoryEntry[]): Toned[] {
  if (entries.length === 0) return [plain('none')]
  const nexts = entries.map(({ next }) => (next.length > 0 ? `→ ${[...new Set(next)].join(', ')}` : 'at rest'))
  const widest = Math.max(...nexts.map((next) => next.length))
  return entries.map(({ checkpointId, step, last }, index) =>
    plain(
      `${checkpointId}  ${String(step).padStart(3)}  ${nexts[index]!.padEnd(widest)}  ${cropped(oneLine(last), LAST)}`.trimEnd()
    )
  )
}
