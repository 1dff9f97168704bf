import type { Clock } from '../state/context.ts'
import { RuntimeError } from '../state/errors.ts'
import type { Journal } from '../state/journal.ts'

/** Ends a grant. @throws RuntimeError UNKNOWN_GRANT, GRANT_REVOKED */
export async function revoke(grantId: string, { journal, clock }: { journal: Journal; clock: Clock }): Promise<void> {
  if (await journal.revokeGrant(grantId, clock.now())) return
  const ask = await journal.ask(grantId)
  const given = ask ? await journal.grantsOf(ask.rootThreadId) : []
  if (given.some(({ id }) => id === grantId))
    throw new RuntimeError('GRANT_REVOKED', `grant ${grantId} was revoked already`)
  throw new RuntimeError('UNKNOWN_GRANT', `no grant ${grantId} in this store; a grant has the id of its ask`)
}
