import type { ClientBase } from 'pg'

// The official saver keeps to the schema `public`.
const ARE_THERE = "select to_regclass('public.checkpoints') is not null as found"
const HAVE_ROWS = 'select exists (select from public.checkpoints) as found'

/** Whether an official saver, or a Deputy that used its tables, has left checkpoints in the database. */
export async function hasOfficialRows(client: ClientBase): Promise<boolean> {
  const isTrue = async (sql: string) => (await client.query<{ found: boolean }>(sql)).rows[0]!.found
  return (await isTrue(ARE_THERE)) && (await isTrue(HAVE_ROWS))
}
