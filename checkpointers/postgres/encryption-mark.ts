import type { ClientBase } from 'pg'
import type { Cipher } from '../encryption.ts'
import { ANY_ROW, CREATE_MARK, markFor, SELECT_MARK } from '../encryption-mark.ts'
import { hasOfficialRows } from './official-tables.ts'

const HAS_TABLE = "select to_regclass('deputy_encryption') is not null as found"
const ANY = `select ${ANY_ROW} as found`

/**
 * Marks a new store as encrypted, where it is to be. To be called in a transaction that holds the setup lock, on a database
 * that has all tables.
 * @throws RuntimeError BAD_STORE where the key is not the store's
 */
export async function markEncrypted(
  client: ClientBase,
  { url, cipher }: { url: string; cipher: Cipher | undefined }
): Promise<void> {
  const isTrue = async (sql: string) => (await client.query<{ found: boolean }>(sql)).rows[0]!.found
  const marked = (await isTrue(HAS_TABLE)) ? (await client.query<{ mark: string }>(SELECT_MARK)).rows : []
  const mark = marked[0]?.mark
  const isNew = cipher !== undefined && mark === undefined
  const hasRows = isNew && ((await isTrue(ANY)) || (await hasOfficialRows(client)))
  const made = markFor({ url, cipher, mark, hasRows })
  if (made === undefined) return
  await client.query(CREATE_MARK)
  await client.query('insert into deputy_encryption (mark) values ($1)', [made])
}
