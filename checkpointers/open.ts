import { randomUUID } from 'node:crypto'
import { RuntimeError } from '../state/errors.ts'
import { withoutPassword } from './password.ts'
import type { Store } from './store.ts'

export const DEFAULT_STORE = 'sqlite:.deputy/deputy.db'

/** The store that the environment names with DEPUTY_STORE, or the default. */
export function storeUrl(env: NodeJS.ProcessEnv = process.env): string {
  return env.DEPUTY_STORE || DEFAULT_STORE
}

const SQLITE = /^sqlite:(?<path>.+)$/s
const POSTGRES = /^postgres(ql)?:\/\//

/**
 * Opens the store at `url`: `memory:`, `sqlite:PATH` or `postgres://…`. What is missing is made: directory, file, tables.
 * A dialect is loaded only when it is asked for, so that nobody loads `pg` for a file.
 * @throws RuntimeError BAD_STORE where the url names no store, or something that is none of ours
 * @throws RuntimeError STORE_UNAVAILABLE where it cannot be reached or written
 */
export async function openStore(url: string): Promise<Store> {
  const holder = randomUUID()
  if (url === 'memory:') return (await import('./memory/store.ts')).openMemory({ holder })
  if (POSTGRES.test(url)) return (await import('./postgres/store.ts')).openPostgres(url, { holder })
  const path = SQLITE.exec(url)?.groups?.path
  if (path !== undefined) return (await import('./sqlite/store.ts')).openSqlite(path, { holder })
  throw new RuntimeError(
    'BAD_STORE',
    `"${withoutPassword(url)}" names no store: it is memory:, sqlite:PATH or postgres://USER:PASSWORD@HOST/DATABASE`
  )
}
