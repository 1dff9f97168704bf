import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'

/**
 * Makes a directory and those above it; one that exists stays. Node's own `recursive` tries for ever where the system
 * answers ENOENT below a directory that exists, as /proc does.
 */
export async function makeDirectory(path: string): Promise<void> {
  const reason = await attempt(path)
  if (reason === undefined) return
  if (reason.code !== 'ENOENT' || dirname(path) === path) throw reason
  await makeDirectory(dirname(path))
  const still = await attempt(path)
  if (still) throw still
}

async function attempt(path: string): Promise<NodeJS.ErrnoException | undefined> {
  try {
    await mkdir(path)
    return undefined
  } catch (thrown) {
    const error = thrown as NodeJS.ErrnoException
    return error.code === 'EEXIST' ? undefined : error
  }
}
