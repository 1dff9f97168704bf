// One row says that a store is encrypted, and which key is its own: a text that this key has closed. So a wrong key is refused when the
// store is opened, and not by each row; and no row comes into a store in the clear by the side of encrypted ones.
import { RuntimeError } from '../state/errors.ts'
import { type Cipher, closeText, openText } from './encryption.ts'

export const CREATE_MARK = 'create table if not exists deputy_encryption (mark text not null)'
export const SELECT_MARK = 'select mark from deputy_encryption'

const PLACE = 'deputy_encryption'

/** Tables with what people, models and tools said. Where one of them has a row, it is too late to begin with encryption. */
const TELLING_TABLES = [
  'deputy_lists',
  'deputy_threads',
  'deputy_asks',
  'deputy_calls',
  'deputy_outputs',
  'deputy_letters',
  'deputy_events',
  'deputy_marks',
  'deputy_grants',
  'deputy_repeats'
] as const

export const ANY_ROW = TELLING_TABLES.map((table) => `exists (select 1 from ${table})`).join(' or ')

interface Found {
  readonly url: string
  readonly cipher: Cipher | undefined
  /** What the row says, where there is one. */
  readonly mark: string | undefined
  readonly hasRows: boolean
}

/**
 * The mark that a store gets now, if it gets one.
 * @throws RuntimeError BAD_STORE where it is not to be opened with this key, or without one
 */
export function markFor({ url, cipher, mark, hasRows }: Found): string | undefined {
  if (!cipher && mark === undefined) return undefined
  if (!cipher)
    throw new RuntimeError(
      'BAD_STORE',
      `${url} is encrypted, and there is no key: set DEPUTY_ENCRYPTION_KEY to the one that it was made with`
    )
  if (mark !== undefined) return expectOwn(mark, { url, cipher })
  if (!hasRows) return closeText(cipher, PLACE, PLACE)
  throw new RuntimeError(
    'BAD_STORE',
    `${url} has rows that are not encrypted: open it without DEPUTY_ENCRYPTION_KEY, or copy it into a new store that is ` +
      `encrypted, with \`deputy store import --from ${url} --store NEW\``
  )
}

function expectOwn(mark: string, { url, cipher }: { url: string; cipher: Cipher }): undefined {
  try {
    openText(cipher, mark, PLACE)
  } catch (cause) {
    throw new RuntimeError(
      'BAD_STORE',
      `${url} is encrypted with another key than DEPUTY_ENCRYPTION_KEY is, or with another DEPUTY_STORE_KEY beside it`,
      { cause }
    )
  }
}
