import type { Grant } from '../../state/grants.ts'
import type { Journal } from '../../state/journal.ts'
import { idFrom } from './prefix.ts'

/** Far more than one person's store holds. */
const MANY = 10_000

/** The grants of the tree that a root thread begins, or of all trees: the newest last. */
export async function givenGrants(journal: Journal, rootThreadId?: string): Promise<Grant[]> {
  if (rootThreadId !== undefined) return journal.grantsOf(rootThreadId)
  const roots = await journal.roots({ limit: MANY })
  const grants = await Promise.all(roots.map(({ threadId }) => journal.grantsOf(threadId)))
  return grants.flat().sort((a, b) => a.grantedAt - b.grantedAt)
}

/**
 * The grant with the id `given`, or the only one whose id begins with it.
 * @throws RuntimeError UNKNOWN_GRANT, BAD_ARGUMENTS
 */
export async function findGrant(given: string, journal: Journal): Promise<Grant> {
  const grants = new Map((await givenGrants(journal)).map((grant) => [grant.id, grant]))
  return grants.get(idFrom(given, { ids: [...grants.keys()], noun: 'grant', unknown: 'UNKNOWN_GRANT' }))!
}
