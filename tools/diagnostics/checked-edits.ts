// D1. Only what is new is told: a project that is not clean stays usable, and the model hears of what it has just done.
// D2. Edits that are checked by the same checker come one after the other, so that what is new is that edit's doing.
// D3. Where new errors are to take an edit back, all its files become what they were, also those that it made or removed; a
//     file that somebody else has changed meanwhile is left, and then all of them are.
// D4. That nobody could check is said, and is no reason to take an edit back.
import { chmod, readFile, stat } from 'node:fs/promises'
import { RuntimeError } from '../../state/errors.ts'
import { inTurn } from '../coding/in-turn.ts'
import { patchOf } from '../coding/patch-text.ts'
import { type FileWrite, writeTogether } from '../coding/write-together.ts'
import type { Tool, ToolOutput } from '../tool.ts'
import { inWorkspace, workspaceOf } from '../workspace.ts'
import { type Checker, newProblems, type Problem } from './problem.ts'

export interface CheckedEditsInit {
  readonly checker: Checker
  /** Whether an edit that brings new errors is taken back. Otherwise it stands, and is told of. */
  readonly rollback?: boolean
}

/** The tools with a check behind each edit; those that change no files by name are left as they are. */
export function checkedEdits(tools: readonly Tool[], init: CheckedEditsInit): Tool[] {
  return tools.map((tool) => (EDITING.has(tool.name) ? checkedEdit(tool, init) : tool))
}

const EDITING: ReadonlySet<string> = new Set(['edit', 'multi_edit', 'write', 'apply_patch'])

function checkedEdit(tool: Tool, { checker, rollback = false }: CheckedEditsInit): Tool {
  return {
    ...tool,
    timeoutMs: 2 * tool.timeoutMs,
    async run(args, run) {
      const workspace = workspaceOf(run)
      const paths = await Promise.all(namesIn(args).map((name) => inWorkspace(workspace, name)))
      const about = { workspace, paths, signal: run.signal }
      return inTurn(`diagnostics ${workspace}`, async () => {
        const kept = await Promise.all(paths.map(stateOf))
        const before = await checker.check(about)
        const output = await tool.run(args, run)
        const edited = await Promise.all(paths.map(stateOf))
        if (before.kind === 'unavailable') return withWords(output, `[not checked: ${before.reason}]`)
        const after = await checker.check(about)
        if (after.kind === 'unavailable') return withWords(output, `[not checked: ${after.reason}]`)
        const found = newProblems(before.problems, after.problems)
        if (found.length === 0) return output
        if (!rollback || !found.some(({ severity }) => severity === 'error')) return withWords(output, told(found))
        const isBack = await takenBack(kept, edited)
        if (!isBack) return withWords(output, `${told(found)}\n[not taken back: somebody else changes these files]`)
        throw new RuntimeError('TOOL_FAILED', `the edit was taken back, all is as it was. ${told(found)}`)
      })
    }
  }
}

/** The files that a call names. */
function namesIn(args: Record<string, unknown>): string[] {
  if (typeof args.path === 'string') return [args.path]
  if (typeof args.patch !== 'string') return []
  return patchOf(args.patch).flatMap((file) =>
    file.kind === 'update' && file.to !== undefined ? [file.path, file.to] : [file.path]
  )
}

interface FileState {
  readonly path: string
  readonly bytes: Buffer | undefined
  readonly mode: number
}

async function stateOf(path: string): Promise<FileState> {
  const found = await stat(path).catch(() => undefined)
  if (!found?.isFile()) return { path, bytes: undefined, mode: 0 }
  return { path, bytes: await readFile(path), mode: found.mode & 0o7777 }
}

/** Whether all files are again what they were. */
async function takenBack(kept: readonly FileState[], edited: readonly FileState[]): Promise<boolean> {
  const now = await Promise.all(kept.map(({ path }) => stateOf(path)))
  if (!now.every((state, at) => isSame(state, edited[at]!))) return false
  const changed = kept.filter((state, at) => !isSame(state, edited[at]!))
  await writeTogether(changed.map(writeFor))
  for (const { path, bytes, mode } of changed) if (bytes) await chmod(path, mode)
  return true
}

function isSame(a: FileState, b: FileState): boolean {
  return a.bytes === undefined || b.bytes === undefined ? a.bytes === b.bytes : a.bytes.equals(b.bytes)
}

function writeFor({ path, bytes }: FileState): FileWrite {
  return bytes === undefined ? { kind: 'remove', path } : { kind: 'put', path, content: bytes }
}

const MOST = 20

function told(problems: readonly Problem[]): string {
  const shown = problems.slice(0, MOST).map(({ path, line, severity, code, message }) => {
    const where = path === '' ? '' : `${path}:${line}: `
    return `${where}${severity}${code ? ` ${code}` : ''}: ${message}`
  })
  const more = problems.length > MOST ? [`and ${problems.length - MOST} more`] : []
  return [`New problems since this edit (${problems.length}):`, ...shown, ...more].join('\n')
}

function withWords(output: ToolOutput, words: string): ToolOutput {
  if (typeof output === 'string') return `${output}\n${words}`
  if ('needs' in output) return output
  return { ...output, output: `${output.output}\n${words}` }
}
