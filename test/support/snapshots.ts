import { execFile } from 'node:child_process'
import { lstat, mkdir, readdir, readFile, readlink, rm, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { openSnapshots, type SnapshotOptions, type Snapshots } from '../../runtime/snapshots/snapshots.ts'
import { tempDir } from './temp-dir.ts'

/** A workspace with files in it, and its snapshots beside it. */
export interface KeptWorkspace {
  readonly root: string
  /** Where the snapshots lie. */
  readonly directory: string
  readonly snapshots: Snapshots
  path(name: string): string
  /** Writes files; `null` takes one away, with all that is in it. */
  write(files: Readonly<Record<string, string | Buffer | null>>): Promise<void>
  link(name: string, target: string): Promise<void>
  /** All that there is, for comparison: contents, links, directories and who may execute. */
  everything(): Promise<Record<string, string>>
  /** As another process would open them. */
  opened(options?: Partial<SnapshotOptions>): Promise<Snapshots>
}

export async function keptWorkspace(
  files: Readonly<Record<string, string | Buffer | null>> = {},
  options: Partial<SnapshotOptions> = {}
): Promise<KeptWorkspace> {
  const base = await tempDir()
  const root = join(base, 'app')
  const directory = join(base, 'snapshots')
  await mkdir(root)
  const opened = (others: Partial<SnapshotOptions> = {}) => openSnapshots(root, { directory, ...options, ...others })
  const path = (name: string) => join(root, name)

  async function write(written: Readonly<Record<string, string | Buffer | null>>): Promise<void> {
    for (const [name, content] of Object.entries(written)) {
      if (content === null) await rm(path(name), { recursive: true, force: true })
      else {
        await mkdir(dirname(path(name)), { recursive: true })
        await writeFile(path(name), content)
      }
    }
  }

  await write(files)
  return {
    root,
    directory,
    snapshots: await opened(),
    path,
    write,
    link: (name, target) => symlink(target, path(name)),
    everything: () => everythingIn(root),
    opened
  }
}

/** By path, in latin1, so that any name can be told from any other. */
export async function everythingIn(root: string): Promise<Record<string, string>> {
  const all: Record<string, string> = {}
  async function below(directory: Buffer, prefix: string): Promise<void> {
    for (const name of (await readdir(directory, { encoding: 'buffer' })).toSorted(Buffer.compare)) {
      const at = Buffer.concat([directory, Buffer.from('/'), name])
      const path = prefix + name.toString('latin1')
      const stats = await lstat(at)
      if (stats.isDirectory()) {
        all[`${path}/`] = 'directory'
        await below(at, `${path}/`)
      } else if (stats.isSymbolicLink())
        all[path] = `-> ${(await readlink(at, { encoding: 'buffer' })).toString('latin1')}`
      else if (!stats.isFile()) all[path] = 'special'
      else all[path] = `${stats.mode & 0o100 ? 'x' : '-'} ${(await readFile(at)).toString('latin1')}`
    }
  }
  await below(Buffer.from(root), '')
  return all
}

const run = promisify(execFile)

/** The git of this machine, as a person uses it. */
export async function git(cwd: string, ...args: readonly string[]): Promise<string> {
  const who = ['-c', 'user.name=person', '-c', 'user.email=person@localhost', '-c', 'protocol.file.allow=always']
  const { stdout } = await run('git', [...who, ...args], { cwd })
  return stdout
}
