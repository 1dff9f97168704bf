import { columnsOf, cropped, wrapped } from './columns.ts'
import { type Paint, PLAIN } from './paint.ts'
import { printable } from './printable.ts'
import type { Frame } from './repaint.ts'
import { painted, type Toned, warning } from './toned.ts'
import type { Tree } from './tree.ts'
import { treeLines } from './tree-lines.ts'

/** What stands below the tree while a person is asked. */
export interface Panel {
  readonly lines: readonly Toned[]
  /** Undefined while nothing that is typed counts. */
  readonly input: Input | undefined
}

/** What they have typed so far, and where in it they are. */
export interface Input {
  readonly typed: string
  readonly caret: number
}

interface Screen {
  readonly now: number
  readonly width: number
  readonly height: number
  readonly paint?: Paint
}

/** The screen at a moment: the tree, and below it what is asked. */
export function liveFrame({ tree, panel }: { tree: Tree; panel?: Panel | undefined }, screen: Screen): Frame {
  if (!panel) return { lines: treeLines(tree, screen) }
  const { width, height, paint = PLAIN } = screen
  const asked = panelLines(panel.lines, { width, height: Math.max(LEAST_PANEL, height - LEAST_TREE - 2) })
  const above = treeLines(tree, { ...screen, height: Math.max(1, height - asked.length - 2) })
  const lines = [...above, '', ...asked.map((line) => painted(line, paint))]
  if (!panel.input) return { lines: [...lines, ''] }
  const { line, column } = inputLine(panel.input, width)
  return { lines: [...lines, line], cursor: { row: lines.length, column } }
}

const LEAST_TREE = 2
const LEAST_PANEL = 3
const PROMPT = '> '

/** Where there is no room for all, it is said how much is missing; the last line, the keys, is always seen. */
function panelLines(lines: readonly Toned[], { width, height }: { width: number; height: number }): Toned[] {
  const all = lines.flatMap(({ text, tone }) => wrapped(text, width).map((piece) => ({ text: piece, tone })))
  if (all.length <= height) return all
  const head = all.slice(0, height - 2)
  const hidden = all.length - head.length - 1
  return [...head, warning(cropped(`… ${hidden} more lines; \`deputy asks\` shows all`, width)), all.at(-1)!]
}

/** As much of what was typed as there is room for, the caret always in it. */
function inputLine({ typed, caret }: Input, width: number): { line: string; column: number } {
  const room = width - PROMPT.length - 1
  let before = printable(typed.slice(0, caret))
  while (columnsOf(before) > room) before = before.slice(Math.max(1, Math.floor(before.length / 8)))
  const after = printable(typed.slice(caret))
  const column = PROMPT.length + columnsOf(before)
  return { line: cropped(`${PROMPT}${before}${after}`, width), column }
}
