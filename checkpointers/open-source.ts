import { RuntimeError } from '../state/errors.ts'
import { type OpenOptions, openStore, placeOf } from './open.ts'
import { withoutPassword } from './password.ts'
import { storeKey } from './store-key.ts'
import type { Source } from './whole/source.ts'

/**
 * Opens a database as a source: that of a store of ours, or one that only an official saver has used, which stays as it is.
 * Nothing is made where nothing is.
 * @throws RuntimeError BAD_STORE, STORE_UNAVAILABLE
 */
export async function openSource(url: string, { key = '', encryptionKey = '' }: OpenOptions = {}): Promise<Source> {
  const { savers, officialSource, place } = await dialectOf(url)
  const { ours, official } = await savers(place)
  if (ours) return ownStore(url, { key, encryptionKey })
  if (official) return officialSource(place, { key: storeKey(key) })
  throw new RuntimeError(
    'BAD_STORE',
    `${withoutPassword(url)} has neither a store of Deputy's nor checkpoints of an official saver`
  )
}

/** How many checkpoints lie in the tables of an official saver. */
export async function officialCheckpoints(url: string): Promise<number> {
  const { savers, officialSource, place } = await dialectOf(url)
  if (!(await savers(place)).official) return 0
  const source = await officialSource(place, { key: undefined })
  const count = async () =>
    source.look(async (on) => {
      const ids = []
      for (const list of await on.lists()) ids.push(...(await on.ids(list)))
      return ids.length
    })
  return count().finally(source.close)
}

async function ownStore(url: string, options: OpenOptions): Promise<Source> {
  const { whole, close } = await openStore(url, options)
  return { ...whole!.offered(), close }
}

async function dialectOf(url: string) {
  const { dialect, place } = placeOf(url)
  switch (dialect) {
    case 'sqlite':
      return { ...(await import('./sqlite/official-source.ts')), place }
    case 'postgres':
      return { ...(await import('./postgres/official-source.ts')), place }
    default:
      throw new RuntimeError('BAD_STORE', 'a store in memory ends with its process: there is nothing to import from it')
  }
}
