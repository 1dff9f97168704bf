// The text of a patch, as models write it:
//
//   *** Begin Patch
//   *** Update File: src/a.ts
//   *** Move to: src/b.ts            (may be left out)
//   @@ function f() {                (a line to look behind; may be left out, or stand several times)
//    a line that stays
//   -a line that goes
//   +a line that comes
//   *** End of File                  (what is above stands at the end; may be left out)
//   *** Add File: src/c.ts
//   +its lines
//   *** Delete File: src/d.ts
//   *** End Patch
import { RuntimeError } from '../../state/errors.ts'

/** Lines of a file in order: what has to be there, and what is to be there. */
export interface Hunk {
  /** Lines to look for first, one behind the other. */
  readonly behind: readonly string[]
  readonly lines: readonly { readonly kind: 'keep' | 'take' | 'put'; readonly text: string }[]
  /** Whether the last of the lines is the last of the file. */
  readonly atEnd: boolean
}

export type FilePatch =
  | { kind: 'add'; path: string; lines: readonly string[] }
  | { kind: 'delete'; path: string }
  | { kind: 'update'; path: string; to?: string; hunks: readonly Hunk[] }

const HEADER = /^\*\*\* (Add|Update|Delete) File: (.+)$/
const MOVE = /^\*\*\* Move to: (.+)$/
const BEGIN = '*** Begin Patch'
const END = '*** End Patch'
const END_OF_FILE = '*** End of File'

/**
 * What a patch says of each file.
 * @throws RuntimeError BAD_ARGUMENTS naming the line that says nothing
 */
export function patchOf(text: string): FilePatch[] {
  const lines = linesOfPatch(text)
  const patches: FilePatch[] = []
  let at = 1
  while (at < lines.length - 1) {
    const [, kind, path] = HEADER.exec(lines[at]!) ?? []
    if (kind === undefined || path === undefined) throw unreadable(at, 'begins no file: *** Add, Update or Delete File')
    const end = endOfPart(lines, at + 1)
    patches.push(patchFor({ kind, path: path.trim() }, { lines, from: at + 1, end }))
    at = end
  }
  if (patches.length === 0) throw unreadable(0, 'begins a patch of no file')
  return patches
}

/** All files that a text names where it is a patch, also of one that cannot be read. */
export function filesNamedIn(text: string): string[] {
  const lines = text.split(/\r?\n/)
  return lines.flatMap((line) => (HEADER.exec(line)?.[2] ?? MOVE.exec(line)?.[1])?.trim() ?? [])
}

function linesOfPatch(text: string): string[] {
  const lines = text.trim().split(/\r?\n/)
  if (lines[0]?.trim() !== BEGIN) throw unreadable(0, `is not ${BEGIN}`)
  if (lines.at(-1)?.trim() !== END) throw unreadable(lines.length - 1, `is not ${END}`)
  return lines
}

function endOfPart(lines: readonly string[], from: number): number {
  const next = lines.findIndex((line, at) => at >= from && HEADER.test(line))
  return next < 0 ? lines.length - 1 : next
}

interface Part {
  readonly lines: readonly string[]
  readonly from: number
  readonly end: number
}

function patchFor({ kind, path }: { kind: string; path: string }, part: Part): FilePatch {
  const { lines, from, end } = part
  if (kind === 'Delete') {
    if (from < end) throw unreadable(from, 'stands below a file that is deleted')
    return { kind: 'delete', path }
  }
  if (kind === 'Add') return { kind: 'add', path, lines: addedLines(part) }
  const to = MOVE.exec(lines[from] ?? '')?.[1]?.trim()
  const hunks = hunksIn({ ...part, from: to === undefined ? from : from + 1 })
  if (hunks.length === 0 && to === undefined) throw unreadable(from - 1, 'updates a file and says no change')
  return { kind: 'update', path, hunks, ...(to !== undefined && { to }) }
}

function addedLines({ lines, from, end }: Part): string[] {
  return lines.slice(from, end).map((line, at) => {
    if (!line.startsWith('+')) throw unreadable(from + at, 'of a new file does not begin with +')
    return line.slice(1)
  })
}

function hunksIn({ lines, from, end }: Part): Hunk[] {
  const hunks: { behind: string[]; lines: Hunk['lines'][number][]; atEnd: boolean }[] = []
  let open = false
  for (let at = from; at < end; at++) {
    const line = lines[at]!
    if (line.startsWith('@@')) {
      const last = hunks.at(-1)
      const isFurther = open && last?.lines.length === 0
      if (!isFurther) hunks.push({ behind: [], lines: [], atEnd: false })
      const anchor = line.slice(2).replace(/^ /, '')
      if (anchor.trim() !== '') hunks.at(-1)!.behind.push(anchor)
      open = true
      continue
    }
    if (!open) hunks.push({ behind: [], lines: [], atEnd: false })
    open = line.trim() !== END_OF_FILE
    if (open) hunks.at(-1)!.lines.push(lineOf(line, at))
    else hunks.at(-1)!.atEnd = true
  }
  const empty = hunks.find((hunk) => !hunk.lines.some(({ kind }) => kind !== 'keep'))
  if (empty) throw unreadable(from, 'begins changes of which one changes nothing')
  return hunks
}

/** An empty line stands for an empty line that stays: the blank before it is easily lost. */
function lineOf(line: string, at: number): Hunk['lines'][number] {
  if (line === '') return { kind: 'keep', text: '' }
  const kind = ({ ' ': 'keep', '-': 'take', '+': 'put' } as const)[line[0]!]
  if (!kind) throw unreadable(at, 'of a change begins with none of "+", "-" and a blank')
  return { kind, text: line.slice(1) }
}

function unreadable(at: number, why: string): RuntimeError {
  return new RuntimeError('BAD_ARGUMENTS', `line ${at + 1} of the patch ${why}`)
}
