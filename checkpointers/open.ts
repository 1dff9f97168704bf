import { randomUUID } from 'node:crypto'
import { RuntimeError } from '../state/errors.ts'
import { withoutPassword } from './password.ts'
import type { Store } from './store.ts'
import { storeCipher, storeKey } from './store-key.ts'

export const DEFAULT_STORE = 'sqlite:.deputy/deputy.db'

/** The store that the environment names with DEPUTY_STORE, or the default. */
export function storeUrl(env: NodeJS.ProcessEnv = process.env): string {
  return env.DEPUTY_STORE || DEFAULT_STORE
}

const SQLITE = /^sqlite:(?<path>.+)$/s
const POSTGRES = /^postgres(ql)?:\/\//

export interface OpenOptions {
  /**
   * A secret of 32 bytes in hex or base64. Checkpoints are sealed with it, and those that are not are refused, so that nobody
   * forges one who can write the database but does not know the key. Without it a checksum shows damage.
   */
  readonly key?: string | undefined
  /**
   * A secret of 32 bytes in hex or base64, which a store has from its first opening on, or never. What people, models and tools
   * said is encrypted with it, in checkpoints and in the journal, and rows that are not are refused. Not in memory.
   */
  readonly encryptionKey?: string | undefined
}

/**
 * Opens the store at `url`: `memory:`, `sqlite:PATH` or `postgres://…`. What is missing is made: directory, file, tables.
 * A dialect is loaded only when it is asked for, so that nobody loads `pg` for a file.
 * @throws RuntimeError BAD_STORE where the url names no store, or something that is none of ours, or a key is no key or not its own
 * @throws RuntimeError STORE_UNAVAILABLE where it cannot be reached or written
 */
export async function openStore(
  url: string,
  { key = process.env.DEPUTY_STORE_KEY, encryptionKey = process.env.DEPUTY_ENCRYPTION_KEY }: OpenOptions = {}
): Promise<Store> {
  const sealKey = storeKey(key)
  const options = { holder: randomUUID(), key: sealKey, cipher: storeCipher(encryptionKey, { key: sealKey }) }
  const { dialect, place } = placeOf(url)
  switch (dialect) {
    case 'memory':
      return (await import('./memory/store.ts')).openMemory(options)
    case 'postgres':
      return (await import('./postgres/store.ts')).openPostgres(place, options)
    case 'sqlite':
      return (await import('./sqlite/store.ts')).openSqlite(place, options)
  }
}

interface StorePlace {
  readonly dialect: 'memory' | 'sqlite' | 'postgres'
  /** The path of a file, the address of a database. */
  readonly place: string
}

/** @throws RuntimeError BAD_STORE where the url names no store */
export function placeOf(url: string): StorePlace {
  if (url === 'memory:') return { dialect: 'memory', place: '' }
  if (POSTGRES.test(url)) return { dialect: 'postgres', place: url }
  const path = SQLITE.exec(url)?.groups?.path
  if (path !== undefined) return { dialect: 'sqlite', place: path }
  throw new RuntimeError(
    'BAD_STORE',
    `"${withoutPassword(url)}" names no store: it is memory:, sqlite:PATH or postgres://USER:PASSWORD@HOST/DATABASE`
  )
}
