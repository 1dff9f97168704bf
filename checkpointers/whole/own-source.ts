import { rowReader } from '../row-reader.ts'
import { codecOf } from '../sharing/codec.ts'
import { copyOf } from '../sharing/copy.ts'
import { idBytes, idText } from '../sharing/ids.ts'
import { complete, openRows, placedWrites, type Reading, tupleKind } from '../sharing/reading.ts'
import { byteSeal, type Keys } from '../sharing/sealing.ts'
import type { ListName } from '../sharing/shelf.ts'
import { Shelves } from '../sharing/shelves.ts'
import type { Database, Looking } from './database.ts'
import { isJournalTable } from './journal-tables.ts'
import type { Offered, OfferedTuple, Source } from './source.ts'

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
  const { tables } = on
  const reading: Reading = { tables, codec: codecOf(byteSeal(keys)), shelves: new Shelves(tables), read }
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
    tuple: (list, id) => tupleOf({ list, id }, reading),
    unplaced: async () => (await on.query<{ found: number }>(UNPLACED))[0]!.found,
    names: async () => (await on.names()).filter(isJournalTable),
    rows: (table) => on.rows(table)
  }
}

async function tupleOf(
  { list: { threadId, namespace }, id }: { list: ListName; id: string },
  reading: Reading
): Promise<OfferedTuple | undefined> {
  const name = { threadId, namespace }
  const row = await reading.tables.checkpoint(name, idBytes(id))
  if (!row) return undefined
  const [opened] = await openRows(await reading.shelves.of(name, row), [row], reading)
  const ready = await complete(opened!, reading)
  const tuple = reading.read.one(tupleKind(copyOf, { isRemembered: true }), ready)
  return tuple && { tuple, paths: placedWrites(ready).map(({ path }) => path) }
}
