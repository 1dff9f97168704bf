import type { ClientBase } from 'pg'
import type { RowReader } from '../row-reader.ts'
import { serializer } from '../serializer.ts'
import { SharingSaver } from '../sharing/saver.ts'
import { byteSeal, type Keys } from '../sharing/sealing.ts'
import type { ListName } from '../sharing/shelf.ts'
import { leaveThere, type OldList, takeOver } from '../sharing/take-over.ts'
import { checkpointTables } from './checkpoint-tables.ts'
import { within } from './connection.ts'
import { officialTuple } from './official-rows.ts'
import { inTransaction } from './transaction.ts'

// The official saver keeps to the schema `public`.
const LISTS = 'select distinct thread_id as "threadId", checkpoint_ns as namespace from public.checkpoints'
const AT = 'thread_id = $1 and checkpoint_ns = $2'
const IDS = `select checkpoint_id as id from public.checkpoints where ${AT} order by checkpoint_id`
const REMOVE = `
  with writes as (delete from public.checkpoint_writes where ${AT} and checkpoint_id = $3)
  delete from public.checkpoints where ${AT} and checkpoint_id = $3
`
/** They belong to checkpoints by their versions, several to one. */
const REMOVE_BLOBS = `
  delete from public.checkpoint_blobs b where not exists (
    select from public.checkpoints c where c.thread_id = b.thread_id and c.checkpoint_ns = b.checkpoint_ns
  )
`

/**
 * Takes over what an official saver, or a Deputy that used its tables, has left in the database. The tables stay: an official
 * saver may be at work beside us. To be called by one process at a time, on a connection that names no holder.
 */
export async function takeOverOldTables(
  client: ClientBase,
  { keys, read }: { keys: Keys; read: RowReader }
): Promise<void> {
  const names = (await client.query<ListName & object>(LISTS)).rows
  if (keys.cipher) return leaveThere(names, read)
  const serde = serializer(keys)
  const newSaver = () =>
    new SharingSaver({ tables: checkpointTables(within(client)), seal: byteSeal(keys), read, serde, channels: 'all' })
  const list = (name: ListName): OldList => {
    const at = [name.threadId, name.namespace]
    return {
      name,
      ids: async () => (await client.query<{ id: string }>(IDS, at)).rows.map(({ id }) => id),
      tuple: (id) => officialTuple(client, { at: { ...name, id }, serde, read }),
      remove: async (id) => void (await client.query(REMOVE, [...at, id]))
    }
  }
  await takeOver({ names, read, inTransaction: (work) => inTransaction(client, () => work({ list, newSaver })) })
  if (names.length > 0) await client.query(REMOVE_BLOBS)
}
