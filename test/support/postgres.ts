import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { inject } from 'vitest'

/** The server of this run, as its administrator. */
export async function testPostgres(): Promise<{ url: string }> {
  const postgres = inject('postgres')
  if ('missing' in postgres) throw new Error(postgres.missing)
  return postgres
}

/** A new, empty database; `drop` also ends what is still connected to it. */
export async function freshDatabase(): Promise<{ url: string; drop: () => Promise<void> }> {
  const { url: adminUrl } = await testPostgres()
  const name = `deputy_test_${randomBytes(8).toString('hex')}`
  await administer(adminUrl, `create database ${name}`)
  const url = new URL(adminUrl)
  url.pathname = name
  return { url: url.href, drop: () => administer(adminUrl, `drop database if exists ${name} with (force)`) }
}

async function administer(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(sql)
  } finally {
    await client.end()
  }
}
