import { realpath, stat } from 'node:fs/promises'
import { RuntimeError } from '../state/errors.ts'

/** The real path of a directory that is to be worked in. @throws RuntimeError WORKSPACE_MISSING */
export async function openDirectory(path: string): Promise<string> {
  const found = await stat(path).catch(() => undefined)
  if (!found?.isDirectory())
    throw new RuntimeError('WORKSPACE_MISSING', `the workspace ${path} ${found ? 'is no directory' : 'does not exist'}`)
  return realpath(path)
}
