import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { inject } from 'vitest'

/** The server of this run, as its administrator; what tests make on it has names that begin with `prefix`. */
export async function testPostgres(): Promise<{ url: string; prefix: string }> {
  const postgres = inject('postgres')
  if ('missing' in postgres) throw new Error(postgres.missing)
  return postgres
}

/** A new, empty database; `drop` also ends what is still connected to it. */
export async function freshDatabase(): Promise<{ url: string; drop: () => Promise<void> }> {
  const { url: adminUrl, prefix } = await testPostgres()
  const name = `${prefix}${randomBytes(8).toString('hex')}`
  await administer(adminUrl, `create database ${name}`)
  const url = new URL(adminUrl)
  url.pathname = name
  return {
    url: url.href,
    drop: async () => void (await administer(adminUrl, `drop database if exists ${name} with (force)`))
  }
}

/** Databases whose tests are over, emptied: making one with its tables takes ten times as long. They go with the run. */
const emptied: { url: string }[] = []

/**
 * A database without a row, for a store: a new one, or one that an earlier test is done with, tables and all. Not for a test
 * that changes the tables themselves.
 */
export async function storeDatabase(): Promise<{ url: string; remove: () => Promise<void> }> {
  const database = emptied.pop() ?? (await freshDatabase())
  const remove = async () => {
    await administer(database.url, EMPTY)
    emptied.push(database)
  }
  return { url: database.url, remove }
}

/** Ends what is still connected and waits until it is gone; then deletes all rows, but not those that number the tables' versions. */
const EMPTY = `
  select pg_terminate_backend(pid, 10000) from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid();
  do $$ declare name text; begin
    for name in select tablename from pg_tables
      where schemaname = 'public' and tablename not in ('checkpoint_migrations', 'deputy_schema')
    loop execute format('delete from public.%I', name); end loop;
  end $$`

export interface SmallDatabase {
  readonly url: string
  /** The same database, for a user who is not counted. */
  readonly adminUrl: string
  drop(): Promise<void>
  /** How many connections there are now. */
  connected(): Promise<number>
}

/** A new, empty database of a user who may have no more than so many connections: further ones are refused. */
export async function smallDatabase({ connections }: { connections: number }): Promise<SmallDatabase> {
  const { url: adminUrl } = await testPostgres()
  const { url: ofAdmin, drop: dropDatabase } = await freshDatabase()
  const url = new URL(ofAdmin)
  const name = url.pathname.slice(1)
  await administer(adminUrl, `create role ${name} login password '${name}' connection limit ${connections}`)
  await administer(adminUrl, `alter database ${name} owner to ${name}`)
  url.username = name
  url.password = name
  const drop = async () => {
    await dropDatabase()
    await administer(adminUrl, `drop role ${name}`)
  }
  const connected = async () => {
    const rows = await administer(adminUrl, `select count(*)::int from pg_stat_activity where usename = '${name}'`)
    return (rows[0] as { count: number }).count
  }
  return { url: url.href, adminUrl: ofAdmin, drop, connected }
}

async function administer(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(sql)).rows
  } finally {
    await client.end()
  }
}
