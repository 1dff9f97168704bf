import type { Call } from '../state/calls.ts'
import type { Terms } from './terms.ts'

/** What a task of `act` is sent: one call, and where the graph goes on. The state itself is not sent along. */
export interface Act extends Terms {
  readonly call: Call
  readonly next: 'think' | 'settle'
  /** The thread on which the call was let through: another where the tree was branched off with the call on its way. */
  readonly judgedOn?: string
}
