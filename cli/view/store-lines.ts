import type { BroughtIn } from '../../checkpointers/whole/bring-in.ts'
import type { StoreStats } from '../../checkpointers/whole/stats.ts'
import type { Verdict } from '../../checkpointers/whole/verify.ts'
import { bytes, counted, duration } from './amounts.ts'
import { columnsOf, fitted } from './columns.ts'
import { oneLine } from './printable.ts'

/** What a store has, a line for each count; then the tables, the largest first. */
export function statsLines(stats: StoreStats, { url, now }: { url: string; now: number }): string[] {
  const { trees, threads, checkpoints, elements, writes, events, asks, leftOver, oldest, newest } = stats
  const counts: [string, string][] = [
    ['trees', String(trees)],
    ['threads', String(threads)],
    ['checkpoints', String(checkpoints)],
    ['elements', `${elements}, which checkpoints share`],
    ['writes', String(writes)],
    ['events', String(events)],
    ['asks', `${asks.open} open, ${asks.closed} closed`],
    ['oldest', oldest === null ? 'no thread' : `begun ${duration(now - oldest)} ago`],
    ['newest', newest === null ? 'no thread' : `touched ${duration(now - newest)} ago`],
    ['on disk', bytes(stats.bytes.onDisk)]
  ]
  const left: [string, string][] = [['left over', `${counted(leftOver, 'checkpoint')} of an official saver`]]
  const tables = stats.bytes.tables
    .toSorted((a, b) => b.bytes - a.bytes)
    .map(({ table, bytes: size }): [string, string] => [table, bytes(size)])
  const where = `${oneLine(url)}${stats.encrypted ? ', encrypted' : ''}`
  return [where, '', ...table([...counts, ...(leftOver > 0 ? left : [])]), '', ...table(tables)]
}

/** What was read; then what is damaged, one line each. */
export function verdictLines({ checked, unreferenced, orphans, damaged }: Verdict): string[] {
  const { checkpoints, writes, elements, rows } = checked
  const read = [
    counted(checkpoints, 'checkpoint'),
    counted(writes, 'write'),
    counted(elements, 'element'),
    counted(rows, 'row')
  ]
  return [
    `read ${read.slice(0, 3).join(', ')} and ${read[3]} of the journal`,
    ...(unreferenced > 0 ? [`${counted(unreferenced, 'element')} that nothing needs any more`] : []),
    ...(orphans > 0 ? [`${counted(orphans, 'checkpoint')} whose parent is not there`] : []),
    damaged.length === 0 ? 'nothing is damaged' : `${damaged.length} damaged:`,
    ...damaged.map((each) => `  ${oneLine(each)}`)
  ]
}

export function importLines(brought: BroughtIn, { from }: { from: string }): string[] {
  const { threads, checkpoints, writes, rows, unplaced, damaged } = brought
  const what = [counted(threads, 'thread'), counted(checkpoints, 'checkpoint'), counted(writes, 'pending write')]
  return [
    `imported ${what.join(', ')} and ${counted(rows, 'row')} of the journal from ${oneLine(from)}`,
    'every checkpoint was read again, and is equal',
    ...(unplaced > 0 ? [`${counted(unplaced, 'pending write')} stayed behind: their checkpoints are not there`] : []),
    ...behind(damaged)
  ]
}

interface TakenOver {
  readonly checkpoints: number
  readonly leftOver: number
  readonly damaged: readonly string[]
}

export function takenOverLines({ checkpoints, leftOver, damaged }: TakenOver): string[] {
  return [
    `took over ${counted(checkpoints, 'checkpoint')} of an official saver, in place; each was read again, and is equal`,
    ...(leftOver > 0 ? [`${counted(leftOver, 'checkpoint')} stayed where they were`] : []),
    ...behind(damaged)
  ]
}

function behind(damaged: readonly string[]): string[] {
  if (damaged.length === 0) return []
  return [`${damaged.length} damaged, which stayed behind:`, ...damaged.map((each) => `  ${oneLine(each)}`)]
}

function table(rows: readonly [string, string][]): string[] {
  const widest = Math.max(0, ...rows.map(([name]) => columnsOf(name)))
  return rows.map(([name, value]) => `${fitted(name, widest)}  ${value}`)
}
