import pg, { type ClientBase } from 'pg'
import { withoutPassword } from '../password.ts'
import { rowReader } from '../row-reader.ts'
import { serializer } from '../serializer.ts'
import type { ListName } from '../sharing/shelf.ts'
import type { StoreKey } from '../store-key.ts'
import type { Offered, Source } from '../whole/source.ts'
import { cannotOpen } from './cannot-open.ts'
import { officialTuple } from './official-rows.ts'

// The official saver keeps to the schema `public`.
const SAVERS = `
  select to_regclass('deputy_schema') is not null as ours, to_regclass('public.checkpoints') is not null as official
`
const LISTS =
  'select distinct thread_id as "threadId", checkpoint_ns as namespace from public.checkpoints order by 1, 2'
const IDS = `
  select checkpoint_id as id from public.checkpoints where thread_id = $1 and checkpoint_ns = $2 order by checkpoint_id
`
const UNPLACED = `
  select count(*)::integer as found from public.checkpoint_writes w where not exists (
    select from public.checkpoints c
    where c.thread_id = w.thread_id and c.checkpoint_ns = w.checkpoint_ns and c.checkpoint_id = w.checkpoint_id
  )
`
const STAND_STILL = 'begin isolation level repeatable read read only'

/** Which savers have been at work in a database, ours and the official one. */
export async function savers(connectionString: string): Promise<{ ours: boolean; official: boolean }> {
  const client = await connected(connectionString)
  try {
    return (await client.query<{ ours: boolean; official: boolean }>(SAVERS)).rows[0]!
  } finally {
    await client.end()
  }
}

/** What an official saver has left in a database, which stays as it is. */
export async function officialSource(
  connectionString: string,
  { key }: { key: StoreKey | undefined }
): Promise<Source> {
  const client = await connected(connectionString)
  return {
    url: withoutPassword(connectionString),
    async look(work) {
      await client.query(STAND_STILL)
      try {
        return await work(offered(client, key))
      } finally {
        await client.query('rollback')
      }
    },
    close: () => client.end()
  }
}

function offered(client: ClientBase, key: StoreKey | undefined): Offered {
  const read = rowReader()
  const serde = serializer({ key })
  return {
    read,
    lists: async () => (await client.query<ListName & object>(LISTS)).rows,
    async ids({ threadId, namespace }) {
      return (await client.query<{ id: string }>(IDS, [threadId, namespace])).rows.map(({ id }) => id)
    },
    async tuple(list, id) {
      const tuple = await officialTuple(client, { at: { ...list, id }, serde, read })
      return tuple && { tuple }
    },
    unplaced: async () => (await client.query<{ found: number }>(UNPLACED)).rows[0]!.found,
    names: async () => [],
    async *rows() {}
  }
}

async function connected(connectionString: string): Promise<pg.Client> {
  try {
    const client = new pg.Client({ connectionString })
    client.on('error', () => {}) // heard of by the query that uses it
    await client.connect()
    return client
  } catch (thrown) {
    throw cannotOpen(withoutPassword(connectionString), thrown)
  }
}
