// Everything compiled once for the whole run. The processes that tests start come from there: under a loader for TypeScript each
// would take more than twice the time to start.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { compileInto } from '../../build/compile.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** The directory that holds what the repository holds, compiled. */
    built: string
  }
}

export default async function buildAll(project: TestProject): Promise<() => Promise<void>> {
  const outdir = await mkdtemp(join(tmpdir(), 'deputy-built-'))
  await compileInto(outdir)
  project.provide('built', outdir)
  return () => rm(outdir, { recursive: true, force: true })
}
