// W1. A path is judged by where it really leads: every symlink on the way is followed first, also one that leads nowhere yet.
// W2. What cannot be followed to its end is refused.
// W3. The answer has no symlink left in it, so whoever opens it should not follow one either: between the judgement and the
//     opening, somebody else may have put one there.
import { lstat, readlink, realpath, stat } from 'node:fs/promises'
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path'
import type { ToolRun } from '../state/context.ts'
import { RuntimeError } from '../state/errors.ts'

/**
 * The real path of a directory to work in.
 * @throws RuntimeError WORKSPACE_MISSING where there is no such directory
 */
export async function openWorkspace(dir: string): Promise<string> {
  const found = await stat(dir).catch(() => undefined)
  if (!found?.isDirectory()) throw new RuntimeError('WORKSPACE_MISSING', `the workspace ${dir} is not a directory`)
  return realpath(dir)
}

/**
 * The workspace of a run.
 * @throws RuntimeError WORKSPACE_MISSING where the agent was given none
 */
export function workspaceOf(run: Pick<ToolRun, 'workspace'>): string {
  if (run.workspace) return run.workspace
  throw new RuntimeError(
    'WORKSPACE_MISSING',
    'this tool works in a workspace and the agent has none: give the runtime the absolute path of a directory as `workspace`'
  )
}

/**
 * The real absolute path of `path`, which is absolute or relative to the workspace. It need not exist.
 * @throws RuntimeError WORKSPACE_ESCAPE where it leads out of the workspace
 */
export async function inWorkspace(workspace: string, path: string): Promise<string> {
  if (path.includes('\0')) throw refusal(path, 'has a NUL byte in it')
  const root = await openWorkspace(workspace)
  const real = await follow(resolve(root, path), MAX_LINKS).catch((error: unknown) => {
    throw refusal(path, 'cannot be followed to its end', error)
  })
  if (!isInside(root, real)) throw refusal(path, 'leads out of the workspace')
  return real
}

/** As many links as Linux follows in one path. */
const MAX_LINKS = 40

/** Where a path leads: the real path of what exists of it, and the rest as it is written. */
async function follow(path: string, linksLeft: number): Promise<string> {
  try {
    return await realpath(path)
  } catch (error) {
    if (!isMissing(error)) throw error
  }
  const parent = await follow(dirname(path), linksLeft)
  const here = join(parent, basename(path))
  if (!(await isLink(here))) return here
  if (linksLeft === 0) throw new Error('too many links')
  return follow(resolve(parent, await readlink(here)), linksLeft - 1)
}

async function isLink(path: string): Promise<boolean> {
  try {
    return (await lstat(path)).isSymbolicLink()
  } catch (error) {
    if (isMissing(error)) return false
    throw error
  }
}

/** Nothing there, or a file where a directory would have to be. */
function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')
}

/** Compared name by name: `/app-secrets` is not inside `/app`. */
function isInside(root: string, path: string): boolean {
  const way = relative(root, path)
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way)
}

function refusal(path: string, why: string, cause?: unknown): RuntimeError {
  return new RuntimeError('WORKSPACE_ESCAPE', `${JSON.stringify(path)} ${why}`, { cause })
}
