// The tree as lines. Pure: time, width and colours are handed in; no line is wider than `width`.
import type { AgentEvent } from '../../state/events.ts'
import { addUsage, NO_USAGE } from '../../state/usage.ts'
import { counted, duration, tokens } from './amounts.ts'
import { shortArgs } from './args-text.ts'
import { columnsOf, cropped, fitted } from './columns.ts'
import { type Paint, PLAIN } from './paint.ts'
import { oneLine } from './printable.ts'
import { type Branch, NO_TREE, type Tree, treeAfter } from './tree.ts'

export interface Sight {
  readonly now: number
  readonly width: number
  /** Lines that there is room for; all of them by default. */
  readonly height?: number
  readonly paint?: Paint
}

/** What a run looks like at a moment. */
export function linesOf(events: readonly AgentEvent[], sight: Sight): string[] {
  return treeLines(events.reduce(treeAfter, NO_TREE), sight)
}

export function treeLines(tree: Tree, sight: Sight): string[] {
  const { height = Number.POSITIVE_INFINITY } = sight
  const all = rowsOf(tree, { folding: false })
  const rows = all.length <= height ? all : rowsOf(tree, { folding: true })
  const shown = rows.length <= height ? rows : rows.slice(0, Math.max(0, height - 1))
  const lines = shown.map((row) => lineOf(row, sight))
  if (shown.length === rows.length) return lines
  const { paint = PLAIN } = sight
  return [...lines, paint.dim(cropped(`… ${rows.length - shown.length} more`, sight.width))].slice(0, height)
}

interface Row {
  /** What is drawn before the branch: `│  ├─ `. */
  readonly stem: string
  /** Several where settled branches share a line. */
  readonly branches: readonly Branch[]
}

/** Depth first, children in the order in which they appeared. Folded, the settled children of a parent share a line. */
function rowsOf(tree: Tree, { folding }: { folding: boolean }): Row[] {
  const children = childrenByParent(tree)
  const isSettled = (branch: Branch): boolean => SETTLED.has(branch.status) && childrenOf(branch).every(isSettled)
  const childrenOf = ({ threadId }: Branch): readonly Branch[] => children.get(threadId) ?? []

  function below(branch: Branch, stem: string): Row[] {
    const settled = folding ? childrenOf(branch).filter(isSettled) : []
    const folded = settled.length > 1 ? settled : []
    const single = childrenOf(branch).filter((child) => !folded.includes(child))
    const groups = [...(folded.length > 0 ? [folded] : []), ...single.map((child) => [child])]
    return groups.flatMap((branches, index) => {
      const last = index === groups.length - 1
      const row = { stem: `${stem}${last ? '└─ ' : '├─ '}`, branches }
      const [only, ...others] = branches
      return others.length > 0 ? [row] : [row, ...below(only!, `${stem}${last ? '   ' : '│  '}`)]
    })
  }
  return (children.get(undefined) ?? []).flatMap((root) => [{ stem: '', branches: [root] }, ...below(root, '')])
}

const SETTLED: ReadonlySet<Branch['status']> = new Set(['completed', 'failed', 'cancelled'])

function childrenByParent(tree: Tree): ReadonlyMap<string | undefined, Branch[]> {
  const children = new Map<string | undefined, Branch[]>()
  for (const branch of tree.values()) {
    const parent = parentOf(branch, tree)
    children.set(parent, [...(children.get(parent) ?? []), branch])
  }
  return children
}

/** Where no event told who delegated, the first agent whose path stands above. */
function parentOf({ parent, path }: Branch, tree: Tree): string | undefined {
  if (parent !== undefined) return tree.has(parent) ? parent : undefined
  const above = path.slice(0, Math.max(0, path.lastIndexOf('/')))
  return above ? [...tree.values()].find((branch) => branch.path === above)?.threadId : undefined
}

/** Narrower, the numbers at the right edge make room for the words. */
const ROOM_FOR_NUMBERS = 44

function lineOf({ stem, branches }: Row, { now, width, paint = PLAIN }: Sight): string {
  const [branch, ...others] = branches as [Branch, ...Branch[]]
  const numbers = width >= ROOM_FOR_NUMBERS ? numbersOf(branches, now) : ''
  const words = others.length > 0 ? foldedWords(branches) : wordsOf(branch)
  const room = width - (numbers ? columnsOf(numbers) + 2 : 0)
  const head = `${stem}${words.sign} ${words.name}`
  if (columnsOf(head) >= room) return cropped(head, width)
  const doing = words.doing ? `  ${words.doing}` : ''
  const left = columnsOf(head)
  const tail = numbers ? `${fitted(doing, room - left)}  ${paint.dim(numbers)}` : cropped(doing, room - left)
  return `${paint.dim(stem)}${words.colour(paint)(words.sign)} ${paint.bold(words.name)}${tail}`
}

interface Words {
  readonly sign: string
  readonly colour: (paint: Paint) => (text: string) => string
  readonly name: string
  readonly doing: string
}

function wordsOf(branch: Branch): Words {
  const name = branch.path.slice(branch.path.lastIndexOf('/') + 1)
  const asked = branch.asks.at(-1)
  if (asked) {
    const more = branch.asks.length > 1 ? `${counted(branch.asks.length, 'ask')}, last: ` : 'asks: '
    return { ...SIGNS.asking, name, doing: `${more}${oneLine(asked.tool)} ${shortArgs(asked.args)}` }
  }
  return { ...SIGNS[branch.status], name, doing: doingOf(branch) }
}

function foldedWords(branches: readonly Branch[]): Words {
  const failed = branches.filter(({ status }) => status === 'failed').length
  const sign = failed > 0 ? SIGNS.failed : SIGNS.completed
  return { ...sign, name: `${branches.length} settled`, doing: failed > 0 ? `${failed} failed` : '' }
}

const SIGNS: Record<Branch['status'], Pick<Words, 'sign' | 'colour'>> = {
  running: { sign: '●', colour: (paint) => paint.cyan },
  asking: { sign: '?', colour: (paint) => paint.yellow },
  paused: { sign: '‖', colour: (paint) => paint.yellow },
  completed: { sign: '✓', colour: (paint) => paint.green },
  failed: { sign: '✗', colour: (paint) => paint.red },
  cancelled: { sign: '–', colour: (paint) => paint.dim }
}

function doingOf({ status, tools, thinking, note, startedAt }: Branch): string {
  if (status === 'asking') return 'waits for a decision'
  if (status !== 'running') return note ? `${status}: ${oneLine(note)}` : status
  const [tool, ...others] = tools
  if (tool) {
    const more = others.length > 0 ? `(+${others.length}) ` : ''
    const progress = tool.progress ? ` – ${oneLine(tool.progress)}` : ''
    return `${more}${tool.words}${progress}`
  }
  if (thinking) return 'thinking'
  return startedAt === undefined ? status : ''
}

/** Elapsed time and tokens, each in columns of its own. */
function numbersOf(branches: readonly Branch[], now: number): string {
  const [first, ...others] = branches as [Branch, ...Branch[]]
  const usage = branches.map((branch) => branch.usage).reduce(addUsage, NO_USAGE)
  const elapsed =
    others.length > 0 || first.startedAt === undefined ? '' : duration((first.endedAt ?? now) - first.startedAt)
  const used = usage.calls > 0 || usage.input + usage.output > 0 ? tokens(usage) : ''
  return `${elapsed.padStart(7)}${used.padStart(10)}`
}
