import { withoutPassword } from '../password.ts'
import { rowReader } from '../row-reader.ts'
import { serializer } from '../serializer.ts'
import { SharingSaver } from '../sharing/saver.ts'
import { byteSeal } from '../sharing/sealing.ts'
import type { CheckpointTables } from '../sharing/tables.ts'
import type { Store, StoreOptions } from '../store.ts'
import { wholeStore } from '../whole/whole-store.ts'
import { badUrl, cannotOpen } from './cannot-open.ts'
import { checkpointTables } from './checkpoint-tables.ts'
import { anyOf } from './connection.ts'
import { startingAs } from './fence.ts'
import { postgresJournal } from './journal.ts'
import { connectionsOf, PatientPool } from './pool.ts'
import { setUp } from './set-up.ts'
import { postgresDatabase } from './whole.ts'

/** An `@` behind the host: a password was not percent-encoded, and the rest of it would be taken for a database name. */
const STRAY_AT = /^[a-z]+:\/\/[^/?#]*[/?#].*@/is

/**
 * Opens the database, saver and journal on one pool.
 * @throws RuntimeError BAD_STORE, STORE_UNAVAILABLE; the password is in neither
 */
export async function openPostgres(connectionString: string, { holder, ...keys }: StoreOptions): Promise<Store> {
  const url = withoutPassword(connectionString)
  if (STRAY_AT.test(connectionString)) throw badUrl(url)
  const pool = new PatientPool({ ...startingAs(holder, connectionString), max: connectionsOf(connectionString) })
  const read = rowReader(keys)
  try {
    await setUp(pool, { url, keys, read })
  } catch (thrown) {
    await pool.end()
    throw cannotOpen(url, thrown)
  }
  let ended: Promise<void> | undefined
  const parts = { seal: byteSeal(keys), serde: serializer(keys) }
  const saver = new SharingSaver({ ...parts, tables: checkpointTables(anyOf(pool)), read, channels: 'versioned' })
  const newSaver = (tables: CheckpointTables) =>
    new SharingSaver({ ...parts, tables, read: rowReader(keys), channels: 'all' })
  const whole = wholeStore({ database: postgresDatabase(pool, { newSaver }), keys, url, read })
  const close = () => (ended ??= saver.flush().then(() => pool.end()))
  return { saver, journal: postgresJournal(pool, read), holder, url, whole, close }
}
