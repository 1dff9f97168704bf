import pc from 'picocolors'
import type { BenchCase } from './case.ts'
import type { Report } from './report.ts'
import type { Row } from './rows.ts'
import type { VerdictRow } from './verdicts.ts'

/** A report for people. */
export function table(report: Report, { notMeasured }: Pick<BenchCase, 'notMeasured'>): string {
  const { machine, versions, notes, rows } = report
  return [
    ...(areVerdicts(rows) ? verdictLines(report.case, rows) : measuredLines(report.case, rows)),
    pc.dim(`${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, node ${machine.node}`),
    pc.dim(
      Object.entries(versions)
        .map(([name, version]) => `${name} ${version}`)
        .join(', ')
    ),
    ...Object.entries(notes ?? {}).map(([name, note]) => pc.dim(`${name}: ${note}`)),
    '',
    ...notMeasured.map((what) => `not measured: ${what}`)
  ].join('\n')
}

function areVerdicts(rows: Report['rows']): rows is readonly VerdictRow[] {
  return rows[0]?.unit === 'pass/fail'
}

function verdictLines(name: string, rows: readonly VerdictRow[]): string[] {
  return [
    pc.bold(`${name}, ours and ${rows[0]!.peer}`),
    '',
    ...rows.flatMap(({ name, ours, theirs, observed }) => [
      name,
      `  ours   ${ours}  ${observed.ours}`,
      `  theirs ${theirs}  ${observed.theirs}`,
      ''
    ])
  ]
}

function measuredLines(name: string, rows: readonly Row[]): string[] {
  const lines = [HEAD, ...rows.map(cellsOf)]
  const widths = HEAD.map((_, column) => Math.max(...lines.map((cells) => cells[column]!.length)))
  const aligned = lines.map((cells) =>
    cells.map((cell, column) => padded(cell, { column, width: widths[column]! })).join('  ')
  )
  return [
    pc.bold(`${name}, medians, lower is better`),
    '',
    ...aligned,
    '',
    pc.dim('ratio: the median of ours / theirs, round by round')
  ]
}

const HEAD = ['', 'unit', 'ours', '(min-max)', 'theirs', '(min-max)', 'ratio', 'peer']
const TEXT_COLUMNS: ReadonlySet<number> = new Set([0, 1, 7])

function cellsOf({ name, unit, ours, theirs, ratio, peer, spread }: Row): string[] {
  return [
    name,
    unit,
    String(ours),
    spread ? spread.ours.join('-') : '',
    String(theirs),
    spread ? spread.theirs.join('-') : '',
    ratio.toFixed(2),
    peer
  ]
}

function padded(cell: string, { column, width }: { column: number; width: number }): string {
  return TEXT_COLUMNS.has(column) ? cell.padEnd(width) : cell.padStart(width)
}
