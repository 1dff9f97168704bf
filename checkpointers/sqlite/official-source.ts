import Database from 'better-sqlite3'
import { RuntimeError } from '../../state/errors.ts'
import { rowReader } from '../row-reader.ts'
import { serializer } from '../serializer.ts'
import type { ListName } from '../sharing/shelf.ts'
import type { StoreKey } from '../store-key.ts'
import type { Offered, Source } from '../whole/source.ts'
import { cannotOpen } from './cannot-open.ts'
import { officialRows } from './official-rows.ts'

const TABLES = "select name from sqlite_master where type = 'table' and name in ('deputy_schema', 'checkpoints')"
const LISTS = 'select distinct thread_id as "threadId", checkpoint_ns as namespace from checkpoints order by 1, 2'
const IDS = `
  select checkpoint_id from checkpoints where thread_id = @threadId and checkpoint_ns = @namespace order by checkpoint_id
`
const UNPLACED = `
  select count(*) from writes w where not exists (
    select 1 from checkpoints c
    where c.thread_id = w.thread_id and c.checkpoint_ns = w.checkpoint_ns and c.checkpoint_id = w.checkpoint_id
  )
`

/** Which savers have been at work in a file, ours and the official one. */
export function savers(path: string): { ours: boolean; official: boolean } {
  const db = readOnly(path)
  try {
    const tables = db.prepare<[], string>(TABLES).pluck().all()
    return { ours: tables.includes('deputy_schema'), official: tables.includes('checkpoints') }
  } catch (thrown) {
    throw cannotOpen(path, thrown)
  } finally {
    db.close()
  }
}

/** What an official saver has left in a file, which stays as it is. */
export function officialSource(path: string, { key }: { key: StoreKey | undefined }): Source {
  const db = readOnly(path)
  return {
    url: `sqlite:${path}`,
    async look(work) {
      db.exec('begin')
      try {
        return await work(offered(db, key))
      } finally {
        db.exec('rollback')
      }
    },
    close: async () => void db.close()
  }
}

function offered(db: Database.Database, key: StoreKey | undefined): Offered {
  const read = rowReader()
  const rows = officialRows(db, { serde: serializer({ key }), read })
  return {
    read,
    lists: async () => db.prepare<[], ListName>(LISTS).all(),
    ids: async ({ threadId, namespace }) => db.prepare<[ListName], string>(IDS).pluck().all({ threadId, namespace }),
    async tuple(list, id) {
      const tuple = rows.tuple({ ...list, id })
      return tuple && { tuple }
    },
    unplaced: async () => db.prepare<[], number>(UNPLACED).pluck().get()!,
    names: async () => [],
    async *rows() {}
  }
}

function readOnly(path: string): Database.Database {
  try {
    return new Database(path, { readonly: true, fileMustExist: true })
  } catch (cause) {
    throw new RuntimeError('STORE_UNAVAILABLE', `${path} cannot be read: check the path and its permissions`, { cause })
  }
}
