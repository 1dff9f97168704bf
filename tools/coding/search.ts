import { lstat } from 'node:fs/promises'
import { basename, join, posix } from 'node:path'
import { z } from 'zod'
import { RuntimeError } from '../../state/errors.ts'
import { tool } from '../tool.ts'
import { inWorkspace, workspaceOf } from '../workspace.ts'
import { cutLine } from './cut.ts'
import { globPattern, type PathFilter } from './glob-pattern.ts'
import { type FoundLine, finder } from './line-finder.ts'
import { lookAt } from './text-file.ts'
import { walk } from './walk.ts'

const MAX_MATCHES = 200
const MAX_LINE_LENGTH = 400
const MAX_FILE_BYTES = 2 * 1024 * 1024

export const search = tool({
  name: 'search',
  description:
    'Searches the lines of text files of the workspace for a JavaScript regular expression and gives path:line: text. ' +
    `.git, node_modules, links, binary files and files over 2 MB are left out. At most ${MAX_MATCHES} matches.`,
  effect: 'read',
  kinds: { path: 'tree' },
  args: z.object({
    pattern: z.string().min(1),
    path: z.string().min(1).default('.').describe('a directory or a file'),
    glob: z.string().min(1).optional().describe('only files whose path matches, as *.ts or src/**/*.ts'),
    literal: z.boolean().default(false).describe('the pattern is plain text')
  }),
  run: async ({ pattern, path, glob, literal }, run) => {
    const find = finder(pattern, { literal })
    const wanted = glob === undefined ? () => true : anywhere(glob)
    const root = await inWorkspace(workspaceOf(run), path)
    const lines: string[] = []
    const leftOut: Array<'large' | 'unreadable'> = []
    for await (const file of filesOf(root, { name: path, signal: run.signal })) {
      if (!wanted(file.inside)) continue
      const found = await lookAt(file.real, MAX_FILE_BYTES).catch(() => ({ kind: 'unreadable' as const }))
      run.signal.throwIfAborted()
      if (found.kind === 'large' || found.kind === 'unreadable') leftOut.push(found.kind)
      if (found.kind !== 'text') continue
      const left = MAX_MATCHES + 1 - lines.length
      const matches = find(found.bytes.toString(), { name: file.shown, max: left })
      lines.push(...matches.map((match) => shownLine(match, file.shown)))
      if (matches.length === left) break
    }
    return report(lines, leftOut)
  }
})

function shownLine({ line, at, text }: FoundLine, file: string): string {
  return `${file}:${line}: ${cutLine(text, { at, max: MAX_LINE_LENGTH })}`
}

/** A pattern without a slash is about the name of a file, wherever it lies. */
function anywhere(glob: string): PathFilter {
  return globPattern(glob.includes('/') ? glob : `**/${glob}`)
}

interface Found {
  /** Relative to where the search began. */
  readonly inside: string
  /** As the other tools take it. */
  readonly shown: string
  readonly real: string
}

async function* filesOf(root: string, { name, signal }: { name: string; signal: AbortSignal }): AsyncGenerator<Found> {
  const found = await lstat(root).catch(() => undefined)
  if (!found) throw new RuntimeError('TOOL_FAILED', `${name} does not exist`)
  if (!found.isDirectory()) return yield { inside: basename(root), shown: name, real: root }
  for await (const { kind, path } of walk(root, { signal }))
    if (kind === 'file') yield { inside: path, shown: posix.join(name, path), real: join(root, path) }
}

function report(lines: readonly string[], leftOut: ReadonlyArray<'large' | 'unreadable'>): string {
  const count = (kind: 'large' | 'unreadable') => leftOut.filter((one) => one === kind).length
  const notes = [
    ...(lines.length > MAX_MATCHES ? [`[cut after ${MAX_MATCHES} matches: narrow the pattern, path or glob]`] : []),
    ...(count('large') > 0 ? [`[files left out, over 2 MB: ${count('large')}]`] : []),
    ...(count('unreadable') > 0 ? [`[files left out, not readable: ${count('unreadable')}]`] : [])
  ]
  return [...(lines.length > 0 ? lines.slice(0, MAX_MATCHES) : ['[no match]']), ...notes].join('\n')
}
