import type { Database } from 'better-sqlite3'
import type { RowReader } from '../row-reader.ts'
import { serializer } from '../serializer.ts'
import { SharingSaver } from '../sharing/saver.ts'
import { byteSeal, type Keys } from '../sharing/sealing.ts'
import type { ListName } from '../sharing/shelf.ts'
import { leaveThere, type OldList, type TakingOver, takeOver } from '../sharing/take-over.ts'
import { begin } from './begin.ts'
import { checkpointTables } from './checkpoint-tables.ts'
import { groupCommit } from './group-commit.ts'
import { officialRows } from './official-rows.ts'

const OLD_TABLE = "select 1 from sqlite_master where type = 'table' and name = 'checkpoints'"
const LISTS = 'select distinct thread_id as "threadId", checkpoint_ns as namespace from checkpoints'
const AT = 'thread_id = @threadId and checkpoint_ns = @namespace'
const IDS = `select checkpoint_id from checkpoints where ${AT} order by checkpoint_id`
const REMOVE = ['checkpoints', 'writes'].map((table) => `delete from ${table} where ${AT} and checkpoint_id = @id`)
const DROP = 'drop table if exists checkpoints; drop table if exists writes'
const ANY = 'select exists (select 1 from checkpoints) or exists (select 1 from writes)'

interface Options {
  readonly keys: Keys
  readonly read: RowReader
  readonly patienceMs: number
}

/**
 * Takes over what an official saver, or a Deputy that used its tables, has left in the file. The tables go when nothing is left
 * in them. To be called before anything else is done with the connection.
 */
export async function takeOverOldTables(db: Database, { keys, read, patienceMs }: Options): Promise<void> {
  if (!db.prepare(OLD_TABLE).get()) return
  const names = db.prepare<[], ListName>(LISTS).all()
  if (keys.cipher) return leaveThere(names, read)
  const serde = serializer(keys)
  const old = officialRows(db, { serde, read })
  const newSaver = () =>
    new SharingSaver({
      tables: checkpointTables(db, groupCommit(db)),
      seal: byteSeal(keys),
      read,
      serde,
      channels: 'all'
    })
  const inTransaction = async (work: (on: TakingOver) => Promise<void>) => {
    await begin(db, { patienceMs })
    try {
      await work({ list: (name) => oldList(db, { name, old }), newSaver })
      db.exec('commit')
    } catch (thrown) {
      db.exec('rollback')
      throw thrown
    }
  }
  await takeOver({ names, read, inTransaction })
  await inTransaction(async () => {
    if (db.prepare(OLD_TABLE).get() && db.prepare<[], number>(ANY).pluck().get() === 0) db.exec(DROP)
  })
}

function oldList(db: Database, { name, old }: { name: ListName; old: ReturnType<typeof officialRows> }): OldList {
  const remove = REMOVE.map((sql) => db.prepare(sql))
  return {
    name,
    ids: async () => db.prepare<[ListName], string>(IDS).pluck().all(name),
    tuple: async (id) => old.tuple({ ...name, id }),
    async remove(id) {
      for (const statement of remove) statement.run({ ...name, id })
    }
  }
}
