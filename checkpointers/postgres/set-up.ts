import type { PostgresSaver } from '@langchain/langgraph-checkpoint-postgres'
import type { Pool } from 'pg'
import { migrate } from './schema.ts'
import { inTransaction } from './transaction.ts'

// Any number would do, as long as no other program locks the same one in this database.
const SETUP_LOCK = 0x64_65_70_75
const LIMIT_WAITING = "set local lock_timeout = '10s'"
const TAKE_LOCK = 'select pg_advisory_xact_lock($1)'

/**
 * Makes all tables, one process at a time: of two that meet a fresh database the second waits, then finds them made.
 * The official saver works on a connection of its own; the lock is ours and ends with our transaction.
 */
export async function setUp(
  pool: Pool,
  { saver, url }: { saver: Pick<PostgresSaver, 'setup'>; url: string }
): Promise<void> {
  const client = await pool.connect()
  try {
    await inTransaction(client, async () => {
      await client.query(LIMIT_WAITING)
      await client.query(TAKE_LOCK, [SETUP_LOCK])
      await saver.setup() // first: our migrations put triggers on its tables
      await migrate(client, { url })
    })
  } finally {
    client.release()
  }
}
