import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

/** A new, empty directory and the way to remove it, for hooks and suites. */
export async function makeTempDir(): Promise<{ path: string; remove: () => Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'deputy-test-'))
  return { path, remove: () => rm(path, { recursive: true, force: true }) }
}

/** A new, empty directory that is removed when the running test ends. */
export async function tempDir(): Promise<string> {
  const { path, remove } = await makeTempDir()
  onTestFinished(remove)
  return path
}
