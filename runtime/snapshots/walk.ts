// K1. Links are named and never followed, so a walk ends and stays inside.
// K2. What cannot be looked at, or is not to be kept, is passed over and told of; only the workspace itself has to be readable.
// K3. Whatever is opened is opened as the plain file that it was: no link in its place is followed, no pipe is waited for.
import { constants, lstatSync, type Stats } from 'node:fs'
import { open, readdir, readlink } from 'node:fs/promises'
import { RuntimeError } from '../../state/errors.ts'
import type { Skipped } from '../../state/files.ts'
import type { Mode } from './files.ts'
import { bytesOf, fsPath, textOf } from './path-text.ts'

export type Why = Skipped['why']

/** A file or link where it lies. */
export interface Found {
  readonly mode: Mode
  readonly size: number
  /** Says of two looks at a file that nothing was done to it in between. */
  readonly stamp: string
  /** When anything was last done to it, in milliseconds of the file system. */
  readonly touchedAt: number
}

export interface Walked {
  readonly files: ReadonlyMap<string, Found>
  /** By path. */
  readonly skipped: readonly Skipped[]
  /** Directories with nothing in them. */
  readonly empty: readonly string[]
}

export interface Bounds {
  readonly maxFiles: number
  readonly maxFileBytes: number
  readonly signal?: AbortSignal | undefined
}

/** Can be made again from what is kept, and changes too often. */
const CACHES = new Set(
  (
    'node_modules .deputy .venv venv __pycache__ .pytest_cache .mypy_cache .ruff_cache .tox .nox .gradle .next .nuxt ' +
    '.svelte-kit .turbo .parcel-cache .terraform .direnv .hg .svn .jj'
  ).split(' ')
)

/** What a restore writes before it takes its place. */
export const LEFT_OVER = '.deputy-restore'

/** All that is in a workspace. @throws RuntimeError SNAPSHOT_FAILED where there are more files than may be */
export async function walk(root: string, bounds: Bounds): Promise<Walked> {
  const { maxFiles, maxFileBytes, signal } = bounds
  const files = new Map<string, Found>()
  const skipped: Skipped[] = []
  const empty: string[] = []
  let count = 0

  function skip(path: string, why: Why): void {
    skipped.push({ path, why })
  }

  async function below(directory: string): Promise<void> {
    signal?.throwIfAborted()
    const names = await readdir(fsPath(`${root}/${directory}`), { encoding: 'buffer' }).catch((error) => {
      if (directory === '') throw error
      if (!isGone(error)) skip(directory, 'unreadable')
    })
    if (!names) return
    if (directory !== '' && names.length === 0) empty.push(directory)
    if (directory !== '' && names.some((name) => TAG.equals(name)) && (await isTagged(`${root}/${directory}`)))
      return skip(directory, 'cache')
    count += names.length
    if (count > maxFiles) throw new RuntimeError('SNAPSHOT_FAILED', `the workspace has more than ${maxFiles} files`)
    await Promise.all(names.flatMap((name) => look(directory, textOf(name)) ?? []).map(below))
  }

  /** Gives the path of a directory that is to be walked too. */
  function look(directory: string, name: string): string | undefined {
    const path = directory === '' ? name : `${directory}/${name}`
    const stats = name.toLowerCase() === '.git' ? 'git' : statsOf(path)
    if (!stats) return undefined
    if (typeof stats === 'string') skip(path, stats)
    else if (stats.isDirectory()) {
      if (!CACHES.has(name)) return path
      skip(path, 'cache')
    } else if (!stats.isFile() && !stats.isSymbolicLink()) skip(path, 'special')
    // Newer ones than that of Debian 12 refuse a tree with such a link.
    else if (stats.isSymbolicLink() && name.toLowerCase() === '.gitmodules') skip(path, 'git')
    else if (name === LEFT_OVER) skip(path, 'left over')
    else if (stats.isFile() && stats.size > maxFileBytes) skip(path, 'too large')
    else files.set(path, foundOf(stats))
    return undefined
  }

  /**
   * Not asynchronous: that takes twenty times as long, and the file system has just told the names in this directory, so it
   * does not hang.
   */
  function statsOf(path: string): Stats | Why | undefined {
    try {
      return lstatSync(fsPath(`${root}/${path}`), { throwIfNoEntry: false })
    } catch (error) {
      return isGone(error) ? undefined : 'unreadable'
    }
  }

  await below('')
  return { files, skipped: skipped.toSorted(byPath), empty }
}

export function foundOf(stats: Stats): Found {
  const { mode, size, ino, mtimeMs, ctimeMs } = stats
  const executable = (mode & 0o100) !== 0
  return {
    mode: stats.isSymbolicLink() ? '120000' : executable ? '100755' : '100644',
    size,
    stamp: `${mode}:${size}:${ino}:${mtimeMs}:${ctimeMs}`,
    touchedAt: Math.max(mtimeMs, ctimeMs)
  }
}

export function byPath(one: { path: string }, other: { path: string }): number {
  return one.path < other.path ? -1 : 1
}

/** The content of a file, or where a link leads; why there is none, or nothing where it has gone meanwhile. */
export async function contentOf(
  path: string,
  { mode, maxFileBytes }: Pick<Found, 'mode'> & Pick<Bounds, 'maxFileBytes'>
): Promise<Buffer | Why | undefined> {
  try {
    return mode === '120000'
      ? await readlink(fsPath(path), { encoding: 'buffer' })
      : await plainFile(path, { maxFileBytes })
  } catch (error) {
    return isGone(error) ? undefined : 'unreadable'
  }
}

async function plainFile(
  path: string,
  { maxFileBytes }: Pick<Bounds, 'maxFileBytes'>
): Promise<Buffer | Why | undefined> {
  const file = await open(fsPath(path), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    const stats = await file.stat()
    if (!stats.isFile()) return 'special'
    if (stats.size > maxFileBytes) return 'too large'
    return await wholeOf(file, stats.size)
  } finally {
    await file.close()
  }
}

/** What the file has up to the size that it was seen with: one that grows all the time is read to an end. */
async function wholeOf(file: Awaited<ReturnType<typeof open>>, size: number): Promise<Buffer> {
  const content = Buffer.allocUnsafe(size)
  let read = 0
  while (read < size) {
    const { bytesRead } = await file.read(content, read, size - read, read)
    if (bytesRead === 0) break
    read += bytesRead
  }
  return content.subarray(0, read)
}

/** A directory that says of itself that it is a cache: https://bford.info/cachedir/ */
async function isTagged(directory: string): Promise<boolean> {
  const tag = await contentOf(`${directory}/CACHEDIR.TAG`, { mode: '100644', maxFileBytes: 4096 })
  return Buffer.isBuffer(tag) && tag.toString('latin1').startsWith(SIGNATURE)
}

const TAG = Buffer.from('CACHEDIR.TAG')
const SIGNATURE = 'Signature: 8a477f597d28d172789f06886806bc55'

/** No longer there, or no longer what it was a moment ago. */
function isGone(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP' || code === 'EINVAL'
}

/** How a path is quoted in what git reads. */
export function quoted(path: string): Buffer {
  const bytes = bytesOf(path)
    .toString('latin1')
    .replace(/["\\\n]/g, (character) => ESCAPED[character]!)
  return Buffer.from(`"${bytes}"`, 'latin1')
}

const ESCAPED: Readonly<Record<string, string>> = { '"': '\\"', '\\': '\\\\', '\n': '\\n' }
