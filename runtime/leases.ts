// L1. Whoever drives a thread holds the lease of its tree. It is taken with the first run of a tree here and given back
//     after the last.
// L2. A lease is renewed three times in its lifetime. One that could not be renewed is lost: all runs of the tree stop, and
//     nothing of them is written any more.
// L3. A tree is not taken again here before all that was done under its last lease has ended. Its rows know who wrote them,
//     and not under which lease: what comes late from before a loss would pass for what comes after it.
import type { Clock } from '../state/context.ts'
import type { LeaseRows } from '../state/journal.ts'
import type { Lease } from '../state/leases.ts'
import type { Every } from './pace.ts'

export interface TreeLeases {
  /** Takes part in the lease of a tree; undefined where somebody else has it. */
  hold(rootThreadId: string): Promise<LeasePart | undefined>
  /** The trees whose lease is held here. */
  held(): string[]
}

/** A run's part in the lease of its tree. */
export interface LeasePart {
  /** Gives it back; with the last part the lease. */
  release(): Promise<void>
  /** The store has refused what was written under it: the lease is somebody else's, for all who have a part in it. */
  lose(): void
}

/** Who takes leases, and for how long. */
export interface LeaseTerms {
  /** The runtime, as no other is called. */
  readonly holder: string
  /** Milliseconds after which a holder that is not heard of counts as gone. */
  readonly ttlMs: number
  readonly every: Every
}

export interface LeaseParts extends LeaseTerms {
  readonly journal: LeaseRows
  readonly clock: Clock
  /** What is to be done before the first run of a tree, once its lease is here. */
  taken(rootThreadId: string): Promise<void>
  /** What is to be let go before the lease is given back, or once it is lost. */
  gone(rootThreadId: string): Promise<void>
  lost(rootThreadId: string): void
}

interface Holding {
  runs: number
  lease: Promise<Lease | undefined>
  /** Told when the last run has left. */
  left?: () => void
}

export function treeLeases({ journal, clock, holder, ttlMs, every, ...told }: LeaseParts): TreeLeases {
  const holdings = new Map<string, Holding>()
  const leaving = new Map<string, Promise<void>>()
  let stopBeating: (() => void) | undefined

  async function hold(rootThreadId: string): Promise<LeasePart | undefined> {
    const present = holdings.get(rootThreadId)
    const holding = present ?? { runs: 0, lease: acquired(rootThreadId) }
    if (!present) holdings.set(rootThreadId, holding)
    holding.runs++
    stopBeating ??= every(ttlMs / 3, () => void beat())
    const lease = await holding.lease.catch((error) => {
      leave(rootThreadId, holding)
      throw error
    })
    if (lease) return { release: () => release(rootThreadId, holding), lose: () => lose(rootThreadId, holding) }
    leave(rootThreadId, holding)
    return undefined
  }

  async function acquired(rootThreadId: string): Promise<Lease | undefined> {
    await leaving.get(rootThreadId)
    const lease = await journal.acquireLease({ rootThreadId, holder, now: clock.now(), ttlMs })
    if (lease) await told.taken(rootThreadId)
    return lease
  }

  async function release(rootThreadId: string, holding: Holding): Promise<void> {
    const isLost = holdings.get(rootThreadId) !== holding
    if (!leave(rootThreadId, holding) || isLost) return
    await over(rootThreadId, given(rootThreadId, holding))
  }

  /** Nobody takes the tree here before this has ended. */
  function over(rootThreadId: string, end: Promise<unknown>): Promise<unknown> {
    const ended = end.catch(() => {}).then(() => void leaving.delete(rootThreadId))
    leaving.set(rootThreadId, ended)
    return end
  }

  async function given(rootThreadId: string, holding: Holding): Promise<void> {
    await told.gone(rootThreadId)
    const lease = await holding.lease
    if (lease) await journal.releaseLease(lease)
  }

  /** One run less; true where it was the last. */
  function leave(rootThreadId: string, holding: Holding): boolean {
    holding.runs--
    if (holding.runs > 0) return false
    holding.left?.()
    if (holdings.get(rootThreadId) === holding) holdings.delete(rootThreadId)
    if (holdings.size > 0) return true
    stopBeating?.()
    stopBeating = undefined
    return true
  }

  async function beat(): Promise<void> {
    for (const [rootThreadId, holding] of [...holdings]) {
      const lease = await holding.lease.catch(() => undefined)
      if (!lease || holdings.get(rootThreadId) !== holding) continue
      const now = clock.now()
      const renewed = await journal.renewLease(lease, { now, ttlMs }).catch(() => undefined)
      if (renewed) holding.lease = Promise.resolve({ ...lease, expiresAt: now + ttlMs })
      // A store that cannot be reached for a moment takes no lease away: until it has run out nobody else can have it.
      if (renewed || (renewed === undefined && now < lease.expiresAt)) continue
      lose(rootThreadId, holding)
    }
  }

  /** Nothing, where it was lost before, or given back meanwhile; it may even be taken anew by then. */
  function lose(rootThreadId: string, holding: Holding): void {
    if (holdings.get(rootThreadId) !== holding) return
    holdings.delete(rootThreadId)
    const left = new Promise<void>((resolve) => {
      holding.left = resolve
    })
    told.lost(rootThreadId)
    over(rootThreadId, Promise.all([told.gone(rootThreadId), left])).catch(() => {})
  }

  return { hold, held: () => [...holdings.keys()] }
}
