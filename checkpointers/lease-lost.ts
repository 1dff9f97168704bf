import { RuntimeError } from '../state/errors.ts'

/** The refusal that a holder meets who writes after its lease went to another. */
export function leaseLost(threadId: string, cause?: unknown): RuntimeError {
  return new RuntimeError(
    'LEASE_LOST',
    `nothing was written on thread ${threadId}: another holder drives its tree by now`,
    { cause }
  )
}
