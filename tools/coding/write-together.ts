// T1. All of the changes are made or none is: whatever fails, every file is as it was, the same file with the same mode, and
//     nothing is left beside it.
// T2. Each file by itself is old or new for whoever reads it. Only a process that is killed between the first rename and the
//     last leaves some files old; the rest of what could fail has been done before.
import { copyFile, link, mkdir, rename, rm, rmdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { besideOf, replaceable, stagedWrite } from './atomic-write.ts'

/** What is to become of a file; all paths are real. */
export type FileWrite =
  /** `like`: the file whose mode it takes, where that is another. */
  { kind: 'put'; path: string; content: Uint8Array; like?: string } | { kind: 'remove'; path: string }

/** A change that only has to be made by renaming, and how it is taken back. */
interface Prepared {
  make(): Promise<void>
  takeBack(): Promise<void>
  /** What is left when all is decided goes. */
  clean(): Promise<void>
}

export async function writeTogether(writes: readonly FileWrite[]): Promise<void> {
  const prepared: Prepared[] = []
  const made: Prepared[] = []
  try {
    for (const write of writes) prepared.push(await preparedFor(write))
    for (const each of prepared) {
      await each.make()
      made.push(each)
    }
  } catch (error) {
    for (const each of made.reverse()) await each.takeBack()
    for (const each of prepared.reverse()) await each.clean()
    throw error
  }
  for (const { clean } of prepared) await clean()
}

async function preparedFor(write: FileWrite): Promise<Prepared> {
  const { path } = write
  const directories = write.kind === 'put' ? await madeDirectories(dirname(path)) : []
  const removed = async () => {
    for (const directory of directories) await rmdir(directory).catch(() => {})
  }
  let backup: string | undefined
  let staged: string | undefined
  const clean = async () => {
    for (const left of [backup, staged]) if (left !== undefined) await rm(left, { force: true })
    await removed()
  }
  try {
    backup = (await replaceable(path)) && (await backedUp(path))
    if (write.kind === 'put') staged = await stagedWrite(path, write)
  } catch (error) {
    await clean()
    throw error
  }
  const [from, old] = [staged, backup]
  return {
    make: () => (from === undefined ? rm(path) : rename(from, path)),
    takeBack: () => (old === undefined ? rm(path) : rename(old, path)),
    clean
  }
}

/** The file itself under another name, where links can be made; elsewhere a copy. */
async function backedUp(path: string): Promise<string> {
  const backup = besideOf(path)
  await link(path, backup).catch(() => copyFile(path, backup))
  return backup
}

/** Makes what is missing of a directory; gives what was made, the deepest first. */
async function madeDirectories(directory: string): Promise<string[]> {
  const first = await mkdir(directory, { recursive: true })
  if (first === undefined) return []
  const made = [directory]
  while (made.at(-1) !== first) made.push(dirname(made.at(-1)!))
  return made
}
