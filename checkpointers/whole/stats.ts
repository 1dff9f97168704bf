import type { Bytes, Database } from './database.ts'

/** What a store has, counted without reading any of it. */
export interface StoreStats {
  readonly encrypted: boolean
  readonly trees: number
  readonly threads: number
  readonly checkpoints: number
  /** Values that checkpoints refer to. */
  readonly elements: number
  readonly writes: number
  readonly events: number
  readonly asks: { readonly open: number; readonly closed: number }
  /** What lies in the tables of an official saver and could not be taken over. */
  readonly leftOver: number
  /** When the oldest thread was begun, and the newest touched; null where there is none. */
  readonly oldest: number | null
  readonly newest: number | null
  readonly bytes: Bytes
}

type Counts = Omit<StoreStats, 'encrypted' | 'asks' | 'leftOver' | 'bytes'> & { openAsks: number; asks: number }

const COUNTS = `
  select
    (select count(*) from deputy_threads where parent_thread_id is null) as trees,
    (select count(*) from deputy_threads) as threads,
    (select count(*) from deputy_checkpoints) as checkpoints,
    (select count(*) from deputy_elements) as elements,
    (select count(*) from deputy_writes) as writes,
    (select count(*) from deputy_events) as events,
    (select count(*) from deputy_asks) as asks,
    (select count(*) from deputy_asks where status = 'open') as "openAsks",
    (select min(created_at) from deputy_threads) as oldest,
    (select max(updated_at) from deputy_threads) as newest
`

export async function statsOf(database: Database, { encrypted }: { encrypted: boolean }): Promise<StoreStats> {
  const bytes = await database.bytes()
  return database.look(async (on) => {
    const [{ openAsks, asks, ...counts }] = (await on.query<Counts>(COUNTS)) as [Counts]
    const hasOld = bytes.tables.some(({ table }) => table === 'checkpoints')
    const [old] = hasOld ? await on.query<{ found: number }>('select count(*) as found from checkpoints') : []
    return { encrypted, ...counts, asks: { open: openAsks, closed: asks - openAsks }, leftOver: old?.found ?? 0, bytes }
  })
}
