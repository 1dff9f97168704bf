// One Postgres for the whole run, real and thrown away at the end; with DEPUTY_TEST_POSTGRES set, the one that it names.
// Where none can be started only the tests that need it fail, each with the reason.
import { randomBytes } from 'node:crypto'
import pg from 'pg'
import type { TestProject } from 'vitest/node'
import { startCluster } from './postgres-cluster.ts'

declare module 'vitest' {
  interface ProvidedContext {
    postgres: { url: string; prefix: string } | { missing: string }
  }
}

/** A test run has nothing to lose: no file is flushed. */
const SETTINGS = ['fsync=off', 'max_connections=300']

export default async function startPostgres(project: TestProject): Promise<() => Promise<void>> {
  const given = process.env.DEPUTY_TEST_POSTGRES
  const prefix = `deputy_test_${randomBytes(4).toString('hex')}_`
  if (given) {
    project.provide('postgres', { url: given, prefix })
    return () => dropAll(given, prefix)
  }
  try {
    const { url, stop } = await startCluster(SETTINGS)
    project.provide('postgres', { url, prefix })
    return stop
  } catch (thrown) {
    project.provide('postgres', { missing: `no Postgres for the tests: ${thrown}` })
    return async () => {}
  }
}

/** The databases of this run on a server that stays. */
async function dropAll(url: string, prefix: string): Promise<void> {
  const client = new pg.Client(url)
  await client.connect()
  const { rows } = await client.query<{ datname: string }>(
    'select datname from pg_database where starts_with(datname, $1)',
    [prefix]
  )
  for (const { datname } of rows) await client.query(`drop database ${datname} with (force)`)
  await client.end()
}
