import pg from 'pg'

/**
 * How many rows of its tables Postgres has looked at so far, or entries of their indexes, whatever the plans were. Ends what is
 * connected to the database: a session tells what it has read when it ends.
 */
export async function rowsRead(url: string): Promise<number> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query(END_OTHERS)
  const { rows } = await client.query<{ read: number }>(READ)
  await client.end()
  return rows[0]!.read
}

const END_OTHERS = `
  select pg_terminate_backend(pid, 10000) from pg_stat_activity
  where datname = current_database() and backend_type = 'client backend' and pid <> pg_backend_pid()
`
const READ = `
  select (
    (select sum(seq_tup_read) from pg_stat_user_tables) + (select sum(idx_tup_read) from pg_stat_user_indexes)
  )::integer as read
`
