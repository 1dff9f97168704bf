// A1. Whoever reads the file, also after a crash, finds all of the old content or all of the new.
// A2. Whatever fails, the file stays as it was and nothing is left beside it. Only a killed process leaves its temporary file.
// A3. The mode bits stay, the owner where we may give files away. Other hard links keep the old content.
import { randomUUID } from 'node:crypto'
import { constants, type Stats } from 'node:fs'
import { access, lstat, open, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { RuntimeError } from '../../state/errors.ts'

/** Puts the content in the place of a file, or makes it. `path` is real: a symlink would be replaced, so it is refused. */
export async function atomicWrite(path: string, content: string | Uint8Array): Promise<void> {
  const staged = await stagedWrite(path, { content })
  try {
    await rename(staged, path)
  } catch (error) {
    await rm(staged, { force: true })
    throw error
  }
}

/**
 * Everything but the last step: the content lies beside the file, ready to be renamed. Gives its path. `like` is the file whose
 * mode and owner it takes, by default the one in whose place it comes.
 */
export async function stagedWrite(
  path: string,
  { content, like = path }: { content: string | Uint8Array; like?: string }
): Promise<string> {
  const there = await replaceable(path)
  const old = like === path ? there : await replaceable(like)
  const temporary = besideOf(path)
  try {
    await writeSynced(temporary, { content, old })
    return temporary
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}

/** A name that nobody has, in the directory of a file. */
export function besideOf(path: string): string {
  return join(dirname(path), `.deputy-${randomUUID()}`)
}

/** A file that the user may not write is refused here: a rename alone would not ask. */
export async function replaceable(path: string): Promise<Stats | undefined> {
  const old = await lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
  })
  if (!old) return undefined
  if (old.isDirectory()) throw new RuntimeError('TOOL_FAILED', `${path} is a directory`)
  if (!old.isFile()) throw new RuntimeError('TOOL_FAILED', `${path} is not a regular file`)
  await access(path, constants.W_OK)
  return old
}

/** Until the mode of the old file is on it, the new one is for nobody else; one without a past is up to the umask. */
const OWNER_ONLY = 0o600
const ANYONE = 0o666

async function writeSynced(path: string, { content, old }: { content: string | Uint8Array; old: Stats | undefined }) {
  const file = await open(path, 'wx', old ? OWNER_ONLY : ANYONE)
  try {
    await file.writeFile(content)
    if (old) {
      // Giving away is for root. Before the mode, since it takes setuid bits away.
      await file.chown(old.uid, old.gid).catch(() => undefined)
      await file.chmod(old.mode & 0o7777)
    }
    await file.sync()
  } finally {
    await file.close()
  }
}
