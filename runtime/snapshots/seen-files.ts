// What was last seen of each file, so that only what was touched since is read again; kept beside the repository, so that the next
// process need not read everything either. It is a memory and no truth: what it does not know is read.
import { randomUUID } from 'node:crypto'
import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Skipped } from '../../state/files.ts'
import type { FileVersion } from './files.ts'

/** A file of a snapshot, and how it looked; without a stamp it is to be looked into again. */
export interface SeenFile extends FileVersion {
  readonly stamp: string
}

export interface Seen {
  /** The snapshot, none where nothing was seen yet. */
  readonly id: string | undefined
  readonly tree: string
  readonly skipped: readonly Skipped[]
  readonly files: ReadonlyMap<string, SeenFile>
}

const VERSION = 1

export async function readSeen(directory: string): Promise<Seen | undefined> {
  try {
    const { version, files, ...seen } = JSON.parse(await readFile(join(directory, NAME), 'utf8'))
    return version === VERSION ? { ...seen, files: new Map(files) } : undefined
  } catch {
    return undefined
  }
}

export async function writeSeen(directory: string, { files, ...seen }: Seen): Promise<void> {
  const temporary = join(directory, `${NAME}.${randomUUID()}`)
  try {
    await writeFile(temporary, JSON.stringify({ version: VERSION, ...seen, files: [...files] }))
    await rename(temporary, join(directory, NAME))
  } finally {
    await rm(temporary, { force: true })
  }
}

const NAME = 'seen.json'
