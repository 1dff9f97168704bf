import type { Journal } from '../state/journal.ts'
import type { PrunableSaver } from './prunable.ts'
import type { Keys } from './sharing/sealing.ts'
import type { WholeStore } from './whole/whole-store.ts'

/** One open database: LangGraph's checkpoints and our own rows beside them. */
export interface Store {
  readonly saver: PrunableSaver
  readonly journal: Journal
  /**
   * Who this open store is among all that are open on the same database. Leases are held by it, or by `HOLDER/anything`; while
   * another holds the lease of a tree, checkpoints and events of that tree are refused here with LEASE_LOST.
   */
  readonly holder: string
  /** Where it is, fit to be shown: a password reads `***`. */
  readonly url: string
  /** What is done to all of it; nothing to what is in memory. */
  readonly whole?: WholeStore
  /** Closes the connections; a second call changes nothing. */
  close(): Promise<void>
}

/** What every dialect is opened with. */
export interface StoreOptions extends Keys {
  readonly holder: string
}
