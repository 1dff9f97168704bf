import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { storeDatabase } from './postgres.ts'

/** A place for one test's store: a url that can be opened again, also from another process. */
export interface StorePlace {
  readonly url: string
  remove(): Promise<void>
}

/** Not a place: each opening is a store of its own. */
export async function memoryPlace(): Promise<StorePlace> {
  return { url: 'memory:', remove: async () => {} }
}

export async function sqlitePlace(): Promise<StorePlace> {
  const dir = await mkdtemp(join(tmpdir(), 'deputy-store-'))
  return { url: `sqlite:${join(dir, 'deputy.db')}`, remove: () => rm(dir, { recursive: true, force: true }) }
}

export const postgresPlace: () => Promise<StorePlace> = storeDatabase

/** The databases that survive a process, each with a way to make a fresh one. */
export const DURABLE_STORES = [
  ['SQLite', sqlitePlace],
  ['Postgres', postgresPlace]
] as const

export const ALL_STORES = [['memory', memoryPlace], ...DURABLE_STORES] as const
