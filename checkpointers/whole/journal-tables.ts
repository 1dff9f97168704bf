// The rows of the journal as they lie in their tables, whatever they say: how a column is called where a row is read.
import type { RowKind } from '../row-reader.ts'
import {
  ASKS,
  BRANCHES,
  CALLS,
  CAPS,
  EVENTS,
  GRANTS,
  LABELS,
  LEASES,
  LETTERS,
  MARKS,
  OUTPUTS,
  REPEATS,
  THREADS,
  USAGE
} from '../rows.ts'
import type { Row } from './database.ts'

const KINDS: readonly RowKind<unknown>[] = [
  THREADS,
  ASKS,
  CALLS,
  OUTPUTS,
  LETTERS,
  EVENTS,
  GRANTS,
  USAGE,
  CAPS,
  MARKS,
  LABELS,
  BRANCHES,
  REPEATS,
  LEASES
]
const BY_TABLE = new Map(KINDS.map((kind) => [kind.table, kind]))

/** What is no row of the journal: it is made anew, or goes by checkpoint. */
const OTHERS = new Set([
  'deputy_schema',
  'deputy_encryption',
  'deputy_lists',
  'deputy_elements',
  'deputy_checkpoints',
  'deputy_writes'
])

export function isJournalTable(table: string): boolean {
  return !OTHERS.has(table)
}

/** How the rows of a table are read; undefined for one that holds numbers only. */
export function kindOf(table: string): RowKind<unknown> | undefined {
  return BY_TABLE.get(table)
}

/** Columns that are read under another name than their own. */
const NAMED: Record<string, string> = { 'deputy_asks decided_by': 'by', 'deputy_caps kind': 'limit' }

export function nameOf(table: string, column: string): string {
  return NAMED[`${table} ${column}`] ?? column.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
}

/** A row as its kind reads it. */
export function readable(table: string, row: Row): Row {
  const named = Object.entries(row).map(([column, value]) => [nameOf(table, column), value])
  return { ...Object.fromEntries(named), begun: row.status === 'begun' }
}
