import { dirname } from 'node:path'
import Database from 'better-sqlite3'
import { rowReader } from '../row-reader.ts'
import { serializer } from '../serializer.ts'
import { SharingSaver } from '../sharing/saver.ts'
import { byteSeal } from '../sharing/sealing.ts'
import type { Store, StoreOptions } from '../store.ts'
import { wholeStore } from '../whole/whole-store.ts'
import { begin } from './begin.ts'
import { cannotOpen } from './cannot-open.ts'
import { checkpointTables } from './checkpoint-tables.ts'
import { markEncrypted } from './encryption-mark.ts'
import { fence } from './fence.ts'
import { groupCommit } from './group-commit.ts'
import { sqliteJournal } from './journal.ts'
import { makeDirectory } from './make-directory.ts'
import { migrate } from './schema.ts'
import { takeOverOldTables } from './take-over.ts'
import { useWal } from './wal.ts'
import { sqliteDatabase } from './whole.ts'

const BUSY_MS = 5000
/** To deflate a shorter text takes longer than to write it. */
const DEFLATE_FROM = 2048

/**
 * Opens the file, saver and journal on one connection.
 * @throws RuntimeError BAD_STORE, STORE_UNAVAILABLE
 */
export async function openSqlite(path: string, options: StoreOptions): Promise<Store> {
  try {
    await makeDirectory(dirname(path))
    return await storeOn(new Database(path, { timeout: BUSY_MS }), { url: `sqlite:${path}`, ...options })
  } catch (thrown) {
    throw cannotOpen(path, thrown)
  }
}

async function storeOn(
  db: Database.Database,
  { url, holder, ...keys }: StoreOptions & { url: string }
): Promise<Store> {
  const read = rowReader(keys)
  try {
    await useWal(db, { patienceMs: BUSY_MS })
    // The write lock comes first, also where all is up to date: a file that cannot be written is refused here, not later.
    await begin(db, { patienceMs: BUSY_MS })
    migrate(db, { url })
    markEncrypted(db, { url, cipher: keys.cipher })
    db.exec('commit')
    await takeOverOldTables(db, { keys, read, patienceMs: BUSY_MS })
    fence(db, { holder })
    const group = groupCommit(db)
    const parts = {
      tables: checkpointTables(db, group),
      seal: byteSeal(keys),
      serde: serializer(keys),
      channels: 'all',
      deflateFrom: DEFLATE_FROM
    } as const
    const saver = new SharingSaver({ ...parts, read })
    const newSaver = () => new SharingSaver({ ...parts, read: rowReader(keys) })
    const whole = wholeStore({ database: sqliteDatabase(db, { newSaver, patienceMs: BUSY_MS }), keys, url, read })
    const close = async () => {
      if (db.open) await saver.flush()
      group.flush()
      db.close()
    }
    return { saver, journal: sqliteJournal(db, { read, holder, group }), holder, url, whole, close }
  } catch (thrown) {
    db.close()
    throw thrown
  }
}
