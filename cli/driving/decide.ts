import type { Ask } from '../../state/asks.ts'
import type { Decision } from '../../state/decisions.ts'

/**
 * Who decides at this terminal. Undefined leaves the ask open. `refused` says why an earlier decision on the same ask did
 * not hold; the signal, that the ask needs none any more.
 */
export type Decide = (ask: Ask, about: { signal: AbortSignal; refused?: string }) => Promise<Decision | undefined>

export const YES_RULE = '--yes: every ask is approved once, but none for more budget'

/** Approves; what cannot be approved stays open, and so does what would make a budget none. */
export const yes: Decide = async ({ kind }, { refused }) =>
  refused === undefined && kind !== 'budget' ? { kind: 'approve', scope: 'once' } : undefined
