// A1. Nothing is written through a link, and nothing outside the workspace: each directory on the way is looked at first.
// A2. Only what the safety snapshot saw is replaced: what was touched since is left, and told of.
// A3. A file is its old self or its new self, also after a crash. What fails is told of, and the rest is done.
import { lstat, mkdir, open, readdir, rename, rm, rmdir, symlink, unlink } from 'node:fs/promises'
import type { FileVersion, Step } from './files.ts'
import { fsPath, textOf } from './path-text.ts'
import { type Found, foundOf, LEFT_OVER } from './walk.ts'

export interface Failed {
  readonly path: string
  readonly why: string
}

export interface Applying {
  readonly root: string
  readonly steps: readonly Step[]
  /** What the safety snapshot saw. */
  readonly seen: ReadonlyMap<string, Pick<Found, 'stamp'>>
  /** Directories that are to be there in the end, with nothing in them or not. */
  readonly directories: readonly string[]
  content(id: string): Promise<Buffer>
}

/** Does the steps; gives what could not be done. */
export async function apply({ root, steps, seen, directories, content }: Applying): Promise<Failed[]> {
  const failed: Failed[] = []
  const kept = new Set(directories)
  const at = (path: string) => fsPath(`${root}/${path}`)

  async function attempt(path: string, work: () => Promise<void>): Promise<void> {
    await work().catch((error: Error) => failed.push({ path, why: error.message }))
  }

  async function replaceable(path: string): Promise<number | undefined> {
    const stats = await lstat(at(path)).catch(missing)
    if (stats?.isDirectory() && !seen.has(path)) return undefined
    if ((stats && foundOf(stats).stamp) !== seen.get(path)?.stamp) throw new Error('it was touched meanwhile')
    return stats?.isFile() ? stats.mode & 0o777 : undefined
  }

  async function remove(path: string): Promise<void> {
    await onSolidGround(path, { make: false })
    await replaceable(path)
    await unlink(at(path))
    for (let above = parentOf(path); above !== '' && !kept.has(above); above = parentOf(above))
      if (!(await rmdir(at(above)).then(...yesOrNo))) return
  }

  async function write(path: string, to: FileVersion): Promise<void> {
    await onSolidGround(path, { make: true })
    const mode = await replaceable(path)
    const bytes = await content(to.id)
    const above = parentOf(path)
    const temporary = at(above === '' ? LEFT_OVER : `${above}/${LEFT_OVER}`)
    await rm(temporary, { force: true })
    try {
      if (to.mode === '120000') await symlink(bytes, temporary)
      else await newFile(temporary, { bytes, executable: to.mode === '100755', mode })
      await emptied(path)
      await rename(temporary, at(path))
    } catch (error) {
      await rm(temporary, { force: true })
      throw error
    }
  }

  /** Takes directories away that have nothing but directories in them, where a file is to be. */
  async function emptied(path: string): Promise<void> {
    if (!(await lstat(at(path)).catch(missing))?.isDirectory()) return
    const names = await readdir(at(path), { encoding: 'buffer' })
    for (const name of names) await emptied(`${path}/${textOf(name)}`)
    await rmdir(at(path))
  }

  /** Whether all above a path are directories and no links. */
  async function onSolidGround(path: string, { make }: { make: boolean }): Promise<void> {
    const names = path.split('/').slice(0, -1)
    for (let depth = 0; depth <= names.length; depth++) {
      const above = names.slice(0, depth).join('/')
      const stats = await lstat(at(above)).catch(missing)
      if (!stats && make) await mkdir(at(above))
      else if (!stats?.isDirectory()) throw new Error(`${above || 'the workspace'} is no directory`)
    }
  }

  const deletions = steps.filter(({ to }) => to === null).toSorted((a, b) => (a.path < b.path ? 1 : -1))
  for (const { path } of deletions) await attempt(path, () => remove(path))
  for (const { path, to } of steps) if (to) await attempt(path, () => write(path, to))
  for (const path of directories) await attempt(path, () => onSolidGround(`${path}/.`, { make: true }))
  return failed
}

const yesOrNo = [() => true, () => false] as const

/** One in the place of another has its mode, but for who may execute it. */
async function newFile(
  path: string | Buffer,
  { bytes, executable, mode }: { bytes: Buffer; executable: boolean; mode: number | undefined }
): Promise<void> {
  const file = await open(path, 'wx', mode === undefined ? (executable ? 0o777 : 0o666) : 0o600)
  try {
    await file.writeFile(bytes)
    if (mode !== undefined) await file.chmod(executable ? mode | ((mode & 0o444) >> 2) : mode & ~0o111)
  } finally {
    await file.close()
  }
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(path.lastIndexOf('/'), 0))
}

function missing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') throw error
}
