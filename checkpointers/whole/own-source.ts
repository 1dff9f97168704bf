import { rowReader } from '../row-reader.ts'
import { serializer } from '../serializer.ts'
import { idText } from '../sharing/ids.ts'
import { SharingSaver } from '../sharing/saver.ts'
import { byteSeal, type Keys } from '../sharing/sealing.ts'
import type { ListName } from '../sharing/shelf.ts'
import type { Database, Looking } from './database.ts'
import { isJournalTable } from './journal-tables.ts'
import type { Offered, Source } from './source.ts'

const LISTS = 'select id as list, thread_id as "threadId", checkpoint_ns as namespace from deputy_lists order by id'
const UNPLACED = `
  select count(*) as found from deputy_writes w where not exists (
    select 1 from deputy_checkpoints c where c.list = w.list and c.checkpoint_id = w.checkpoint_id
  )
`

interface Parts {
  readonly database: Database
  readonly keys: Keys
  readonly url: string
}

/** A store of ours. */
export function ownSource({ database, keys, url }: Parts): Omit<Source, 'close'> {
  return { url, look: (work) => database.look(async (on) => work(await offered(on, keys))) }
}

async function offered(on: Looking, keys: Keys): Promise<Offered> {
  const read = rowReader(keys)
  const parts = { tables: on.tables, seal: byteSeal(keys), read, serde: serializer(keys) }
  const saver = new SharingSaver({ ...parts, channels: 'all' })
  const lists = await on.query<ListName & { list: number }>(LISTS)
  const numbers = new Map(lists.map(({ list, threadId, namespace }) => [JSON.stringify([threadId, namespace]), list]))
  return {
    read,
    lists: async () => lists,
    async ids({ threadId, namespace }) {
      const list = numbers.get(JSON.stringify([threadId, namespace]))
      const sql = `select checkpoint_id as id from deputy_checkpoints where list = ${list} order by checkpoint_id`
      return (await on.query<{ id: unknown }>(sql)).map(({ id }) => idText(id))
    },
    tuple: ({ threadId, namespace }, id) =>
      saver.getTuple({ configurable: { thread_id: threadId, checkpoint_ns: namespace, checkpoint_id: id } }),
    unplaced: async () => (await on.query<{ found: number }>(UNPLACED))[0]!.found,
    names: async () => (await on.names()).filter(isJournalTable),
    rows: (table) => on.rows(table)
  }
}
