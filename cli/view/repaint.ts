// Redrawing in place. The cursor rests within or at the end of what was painted; the next painting goes up to its first
// line and overwrites, so that nothing flickers, and nothing above is ever touched.
import { stripVTControlCharacters } from 'node:util'
import { columnsOf } from './columns.ts'

export interface Frame {
  /** None wider than the terminal. */
  readonly lines: readonly string[]
  /** Where the person types; without it the cursor is hidden. */
  readonly cursor?: { readonly row: number; readonly column: number }
}

const BEGIN = '\u001b[?2026h\u001b[?25l'
const END = '\u001b[?2026l'
const SHOW_CURSOR = '\u001b[?25h'
const CLEAR_RIGHT = '\u001b[K'
const CLEAR_BELOW = '\u001b[J'

/** What to write so that a terminal of `width` columns shows `frame` in the place of `before`. */
export function repaint(before: Frame | undefined, { frame, width }: { frame: Frame; width: number }): string {
  const up = before ? rowsToTop(before, width) : 0
  const lines = frame.lines.map((line) => `${line}${CLEAR_RIGHT}`).join('\r\n')
  return `${BEGIN}${upBy(up)}\r${lines}${CLEAR_BELOW}${cursorOf(frame)}${END}`
}

/** Leaves the frame where it is and goes on below it. */
export function leave(frame: Frame | undefined): string {
  if (!frame) return SHOW_CURSOR
  const down = frame.cursor ? frame.lines.length - 1 - frame.cursor.row : 0
  return `${down > 0 ? `\u001b[${down}B` : ''}\r\n${SHOW_CURSOR}`
}

/** A terminal that became narrower has broken the lines anew. */
function rowsToTop({ lines, cursor }: Frame, width: number): number {
  const row = cursor?.row ?? lines.length - 1
  const column = cursor?.column ?? Math.max(0, widthOf(lines[row]) - 1)
  const above = lines.slice(0, row).map((line) => Math.max(1, Math.ceil(widthOf(line) / width)))
  return above.reduce((sum, rows) => sum + rows, Math.floor(column / width))
}

function cursorOf({ lines, cursor }: Frame): string {
  if (!cursor) return ''
  const { row, column } = cursor
  return `${upBy(lines.length - 1 - row)}\r${column > 0 ? `\u001b[${column}C` : ''}${SHOW_CURSOR}`
}

function upBy(rows: number): string {
  return rows > 0 ? `\u001b[${rows}A` : ''
}

function widthOf(line = ''): number {
  return columnsOf(stripVTControlCharacters(line))
}
