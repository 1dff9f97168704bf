import { dirname } from 'node:path'
import { SqliteSaver } from '@langchain/langgraph-checkpoint-sqlite'
import Database from 'better-sqlite3'
import type { Store } from '../store.ts'
import { cannotOpen } from './cannot-open.ts'
import { sqliteJournal } from './journal.ts'
import { makeDirectory } from './make-directory.ts'
import { migrate } from './schema.ts'
import { useWal } from './wal.ts'

const BUSY_MS = 5000

/** The official saver makes its tables at its first use; this one when it is made, while errors still have a reader. */
class EagerSqliteSaver extends SqliteSaver {
  constructor(db: Database.Database) {
    super(db)
    this.setup()
  }
}

/**
 * Opens the file, saver and journal on one connection.
 * @throws RuntimeError BAD_STORE, STORE_UNAVAILABLE
 */
export async function openSqlite(path: string): Promise<Store> {
  try {
    await makeDirectory(dirname(path))
    return await storeOn(new Database(path, { timeout: BUSY_MS }), { url: `sqlite:${path}` })
  } catch (thrown) {
    throw cannotOpen(path, thrown)
  }
}

async function storeOn(db: Database.Database, { url }: { url: string }): Promise<Store> {
  try {
    await useWal(db, { patienceMs: BUSY_MS })
    // The write lock comes first, also where all is up to date: a file that cannot be written is refused here, not later.
    const setUp = db.transaction(() => {
      migrate(db, { url })
      return new EagerSqliteSaver(db)
    })
    return { saver: setUp.immediate(), journal: sqliteJournal(db), url, close: async () => void db.close() }
  } catch (thrown) {
    db.close()
    throw thrown
  }
}
