import { cp, mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { fetchPackage, PACKAGE } from './package-source.ts'

const TEST = 'prototype-pollution.test.cjs'

export interface Job {
  /** Everything of this job. */
  readonly directory: string
  /** Where the agents work. */
  readonly workspace: string
  /** The same as it was before they came. */
  readonly before: string
}

/** The command that shows the fault, and later that it is gone. */
export const TEST_COMMAND = `node --test --test-reporter=spec test/${TEST}`

/**
 * A fresh directory with the package and a test that fails.
 * @throws PackageUnavailable
 */
export async function prepareJob(): Promise<Job> {
  const jobs = resolve('.deputy', 'jobs')
  await mkdir(jobs, { recursive: true })
  const directory = await mkdtemp(join(jobs, `${PACKAGE.replace('@', '-')}-`))
  const workspace = join(directory, 'ini')
  const before = join(directory, 'before')
  const unpacked = await fetchPackage(directory).catch(async (error: unknown) => {
    await rm(directory, { recursive: true })
    throw error
  })
  await rename(unpacked, workspace)
  await cp(fileURLToPath(new URL(TEST, import.meta.url)), join(workspace, 'test', TEST))
  await cp(workspace, before, { recursive: true })
  return { directory, workspace, before }
}
