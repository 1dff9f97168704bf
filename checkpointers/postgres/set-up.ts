import type { Pool, PoolClient } from 'pg'
import type { RowReader } from '../row-reader.ts'
import type { Keys } from '../sharing/sealing.ts'
import { markEncrypted } from './encryption-mark.ts'
import { hasOfficialRows } from './official-tables.ts'
import { migrate } from './schema.ts'
import { takeOverOldTables } from './take-over.ts'
import { inTransaction } from './transaction.ts'

// Any number would do, as long as no other program locks the same one in this database.
const SETUP_LOCK = 0x64_65_70_75
const LIMIT_WAITING = "set local lock_timeout = '10s'"
const TAKE_LOCK = 'select pg_advisory_xact_lock($1)'
const TAKE_LOCK_FOR_LONG = 'select pg_advisory_lock($1)'
const GIVE_LOCK_BACK = 'select pg_advisory_unlock($1)'
/** Whoever drives a tree, what is old of it may be taken over. */
const NAME_NO_HOLDER = "set deputy.holder = ''"
const NAME_HOLDER_AGAIN = 'reset deputy.holder'

interface Options {
  readonly url: string
  readonly keys: Keys
  readonly read: RowReader
}

/**
 * Makes all tables, one process at a time: of two that meet a fresh database the second waits, then finds them made.
 * The lock ends with the transaction.
 */
export async function setUp(pool: Pool, options: Options): Promise<void> {
  const client = await pool.connect()
  try {
    await inTransaction(client, async () => {
      await client.query(LIMIT_WAITING)
      await client.query(TAKE_LOCK, [SETUP_LOCK])
      await migrate(client, { url: options.url })
      await markEncrypted(client, { url: options.url, cipher: options.keys.cipher })
    })
    if (await hasOfficialRows(client)) await takeOverAlone(client, options)
  } finally {
    client.release()
  }
}

async function takeOverAlone(client: PoolClient, options: Options): Promise<void> {
  await client.query(TAKE_LOCK_FOR_LONG, [SETUP_LOCK])
  await client.query(NAME_NO_HOLDER)
  try {
    await takeOverOldTables(client, options)
  } finally {
    await client.query(NAME_HOLDER_AGAIN)
    await client.query(GIVE_LOCK_BACK, [SETUP_LOCK])
  }
}
