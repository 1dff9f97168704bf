import type { RowReader } from '../row-reader.ts'
import type { Keys } from '../sharing/sealing.ts'
import { type BroughtIn, bringIn } from './bring-in.ts'
import type { Database } from './database.ts'
import { ownSource } from './own-source.ts'
import type { Source } from './source.ts'
import { type StoreStats, statsOf } from './stats.ts'
import { type Verdict, verify } from './verify.ts'

/** What is done to a store as a whole, whoever its trees belong to. */
export interface WholeStore {
  stats(): Promise<StoreStats>
  /** Reads all that is there. */
  verify(): Promise<Verdict>
  /** @throws RuntimeError BAD_STORE where a thread is in both; THREAD_BUSY where one of the source is at work */
  bringIn(source: Source, at: { now: number }): Promise<BroughtIn>
  /** The damaged rows that were met since the store was opened, whoever they belong to. */
  damaged(): readonly string[]
  /** The store as the source of another. */
  offered(): Omit<Source, 'close'>
}

interface Parts {
  readonly database: Database
  readonly keys: Keys
  readonly url: string
  /** Who reads for the saver and the journal. */
  readonly read: RowReader
}

export function wholeStore({ database, keys, url, read }: Parts): WholeStore {
  return {
    stats: () => statsOf(database, { encrypted: keys.cipher !== undefined }),
    verify: () => verify(database, keys),
    bringIn: (source, { now }) => bringIn(source, { into: database, keys, now }),
    damaged: read.damaged,
    offered: () => ownSource({ database, keys, url })
  }
}
