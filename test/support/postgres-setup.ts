// One Postgres for the whole run, real and thrown away at the end; with DEPUTY_TEST_POSTGRES set, the one that it names.
// Where none can be started only the tests that need it fail, each with the reason.
import type { TestProject } from 'vitest/node'
import { startCluster } from './postgres-cluster.ts'

declare module 'vitest' {
  interface ProvidedContext {
    postgres: { url: string } | { missing: string }
  }
}

/** A test run has nothing to lose: no file is flushed. */
const SETTINGS = ['fsync=off', 'max_connections=300']

export default async function startPostgres(project: TestProject): Promise<() => Promise<void>> {
  const given = process.env.DEPUTY_TEST_POSTGRES
  if (given) {
    project.provide('postgres', { url: given })
    return async () => {}
  }
  try {
    const { url, stop } = await startCluster(SETTINGS)
    project.provide('postgres', { url })
    return stop
  } catch (thrown) {
    project.provide('postgres', { missing: `no Postgres for the tests: ${thrown}` })
    return async () => {}
  }
}
