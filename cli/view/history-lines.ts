import type { HistoryEntry } from '../../runtime/history/list.ts'
import { cropped } from './columns.ts'
import { oneLine } from './printable.ts'
import { faint, plain, strong, type Toned } from './toned.ts'

const LAST = 60

/** One line for each: where it is, when, what ran and what comes next, the last thing said; those with a label stand out. */
export function historyLines(entries: readonly HistoryEntry[]): Toned[] {
  if (entries.length === 0) return [faint('no checkpoint')]
  const columns = entries.map((entry) => [
    entry.checkpointId,
    `${entry.createdAt.slice(0, 19).replace('T', ' ')}Z`,
    oneLine(entry.path),
    String(entry.step),
    stepOf(entry)
  ])
  const widths = columns[0]!.map((_, at) => Math.max(...columns.map((row) => row[at]!.length)))
  return entries.map(({ labels, last, source }, nth) => {
    const fixed = columns[nth]!.map((text, at) => text.padEnd(widths[at]!)).join('  ')
    const named = labels.map((label) => `[${oneLine(label)}] `).join('')
    const text = `${fixed}  ${named}${cropped(oneLine(last), LAST)}`.trimEnd()
    if (labels.length > 0) return strong(text)
    return source === 'loop' ? plain(text) : faint(text)
  })
}

function stepOf({ source, nodes, next }: HistoryEntry): string {
  const ran = nodes.filter((node) => node !== '__start__').join(', ') || source
  const coming = next.filter((node) => node !== '__start__').join(', ')
  return oneLine(`${ran} → ${coming || (next.length > 0 ? 'start' : 'at rest')}`)
}
