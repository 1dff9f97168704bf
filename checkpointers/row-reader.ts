import { z } from 'zod'
import { messageOf, RuntimeError } from '../state/errors.ts'
import { type Cipher, closeText, ENCRYPTED, isClosedText, openText } from './encryption.ts'

/** The rows of one table: the columns that name one, and how it becomes what it keeps. */
export interface RowKind<Kept> {
  readonly table: string
  readonly key: readonly string[]
  /** What is wrong and what to do, for who reads a damaged one by its key. */
  readonly refusal?: string
  /** The columns that an encrypted store hides. */
  readonly hidden?: readonly string[]
  parse(row: unknown): Kept
}

/** A column of a row that is known by its key. */
export interface Column {
  readonly of: RowKind<unknown>
  readonly row: object
  readonly column: string
}

/** Reads the rows of one journal. Whatever is wrong with one, it is named and hides no other. */
export interface RowReader {
  /** What a column that is hidden has in it for this text: in a store that is not encrypted the text itself. */
  close(text: string, column: Column): string
  /** The text again. @throws RuntimeError BAD_STORE where it is not what was closed for this column */
  open(text: unknown, column: Column): string
  /** @throws RuntimeError BAD_STORE where the row is damaged */
  one<Kept>(kind: RowKind<Kept>, row: unknown): Kept | undefined
  /** Leaves damaged rows out. */
  all<Kept>(kind: RowKind<Kept>, rows: readonly unknown[]): Kept[]
  /** The first `limit` that can be read: what lies behind a damaged row takes its place. */
  page<Kept>(kind: RowKind<Kept>, query: PageQuery): Promise<Kept[]>
  /** The damaged rows that were met so far. */
  damaged(): readonly string[]
}

interface PageQuery {
  readonly limit: number
  readonly select: (part: { limit: number; offset: number }) => readonly unknown[] | Promise<readonly unknown[]>
}

const REFUSAL = 'a row is damaged, mend it or delete it'

export function rowReader({ cipher }: { cipher?: Cipher | undefined } = {}): RowReader {
  const damaged = new Set<string>()
  const seen = cipher ? (kind: RowKind<unknown>, row: unknown) => opened(kind, row, cipher) : asItIs

  function read<Kept>(kind: RowKind<Kept>, row: unknown): { kept: Kept } | { damage: string; cause: unknown } {
    try {
      return { kept: kind.parse(seen(kind, row)) }
    } catch (cause) {
      const isHidden = !cipher && hiddenIn(kind, row).some(([, text]) => isClosedText(text))
      const damage = `${nameOf(kind, row)}: ${isHidden ? ENCRYPTED : reasonOf(cause)}`
      damaged.add(damage)
      return { damage, cause }
    }
  }

  const all: RowReader['all'] = (kind, rows) =>
    rows.flatMap((row) => {
      const found = read(kind, row)
      return 'kept' in found ? [found.kept] : []
    })

  return {
    open: cipher ? (text, column) => openText(cipher, text, placeOf(column)) : plainText,
    close: cipher ? (text, column) => closeText(cipher, text, placeOf(column)) : (text) => text,
    one(kind, row) {
      if (row === undefined) return undefined
      const found = read(kind, row)
      if ('kept' in found) return found.kept
      const { damage, cause } = found
      throw new RuntimeError('BAD_STORE', `${kind.refusal ?? REFUSAL}: ${damage}`, { cause })
    },
    all,
    async page(kind, { limit, select }) {
      const kept = []
      for (let offset = 0; kept.length < limit; ) {
        const wanted = limit - kept.length
        const rows = await select({ limit: wanted, offset })
        kept.push(...all(kind, rows))
        if (rows.length < wanted) break
        offset += rows.length
      }
      return kept
    },
    damaged: () => [...damaged]
  }
}

function plainText(text: unknown): string {
  if (typeof text === 'string' && !isClosedText(text)) return text
  throw new RuntimeError('BAD_STORE', isClosedText(text) ? ENCRYPTED : 'it is no text')
}

function asItIs(_kind: RowKind<unknown>, row: unknown): unknown {
  return row
}

function opened(kind: RowKind<unknown>, row: unknown, cipher: Cipher): unknown {
  const texts = hiddenIn(kind, row).map(([column, text]) => [
    column,
    text === null ? null : openText(cipher, text, placeOf({ of: kind, row: row as object, column }))
  ])
  return { ...(row as object), ...Object.fromEntries(texts) }
}

function hiddenIn({ hidden = [] }: RowKind<unknown>, row: unknown): [column: string, text: unknown][] {
  return hidden.map((column) => [column, (row as Record<string, unknown>)[column]])
}

function placeOf({ of, row, column }: Column): string {
  const key = of.key.map((name) => (row as Record<string, unknown>)[name])
  return JSON.stringify([of.table, ...key, column])
}

function nameOf({ table, key }: RowKind<unknown>, row: unknown): string {
  const columns = row as Record<string, unknown>
  return [table, ...key.map((column) => JSON.stringify(columns[column]))].join(' ')
}

function reasonOf(thrown: unknown): string {
  const reason = thrown instanceof z.ZodError ? z.prettifyError(thrown) : messageOf(thrown)
  return reason.replaceAll(/\s+/g, ' ')
}
