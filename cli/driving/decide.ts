import type { Ask } from '../../state/asks.ts'
import type { Decision } from '../../state/decisions.ts'

/**
 * Who decides at this terminal. Undefined leaves the ask open. `refused` says why an earlier decision on the same ask did
 * not hold; the signal, that the ask needs none any more.
 */
export type Decide = (ask: Ask, about: { signal: AbortSignal; refused?: string }) => Promise<Decision | undefined>

export const YES_RULE = '--yes: every ask is approved once'

/** Approves; what cannot be approved stays open. */
export const yes: Decide = async (_ask, { refused }) =>
  refused === undefined ? { kind: 'approve', scope: 'once' } : undefined
