import type { Database } from 'better-sqlite3'
import type { Cipher } from '../encryption.ts'
import { ANY_ROW, CREATE_MARK, markFor, SELECT_MARK } from '../encryption-mark.ts'

const HAS_TABLE = "select 1 from sqlite_master where type = 'table' and name = ?"
const ANY_OLD = 'select exists (select 1 from checkpoints)'

/**
 * Marks a new store as encrypted, where it is to be. To be called in a transaction that holds the write lock.
 * @throws RuntimeError BAD_STORE where the key is not the store's
 */
export function markEncrypted(db: Database, { url, cipher }: { url: string; cipher: Cipher | undefined }): void {
  const has = (table: string) => db.prepare(HAS_TABLE).get(table) !== undefined
  const isTrue = (sql: string) => db.prepare(sql).pluck().get() === 1
  const mark = has('deputy_encryption') ? db.prepare<[], string>(SELECT_MARK).pluck().get() : undefined
  const isNew = cipher !== undefined && mark === undefined
  const hasRows = isNew && (isTrue(`select ${ANY_ROW}`) || (has('checkpoints') && isTrue(ANY_OLD)))
  const made = markFor({ url, cipher, mark, hasRows })
  if (made === undefined) return
  db.exec(CREATE_MARK)
  db.prepare('insert into deputy_encryption (mark) values (?)').run(made)
}
