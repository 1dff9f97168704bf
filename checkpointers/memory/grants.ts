import { type Grant, holds } from '../../state/grants.ts'
import type { Journal } from '../../state/journal.ts'

export function grantRows() {
  const grants = new Map<string, Grant>()
  const listed = (wanted: (grant: Grant) => boolean) =>
    structuredClone([...grants.values()].filter(wanted).sort((a, b) => a.grantedAt - b.grantedAt))

  const rows = {
    async grant(grant) {
      if (!grants.has(grant.id)) grants.set(grant.id, { ...grant })
    },
    grants: async ({ threadIds, now }) => listed((grant) => threadIds.includes(grant.threadId) && holds(grant, now)),
    grantsOf: async (rootThreadId) => listed((grant) => grant.rootThreadId === rootThreadId),
    async revokeGrant(grantId, at) {
      const grant = grants.get(grantId)
      if (!grant || grant.revokedAt !== null) return false
      grants.set(grantId, { ...grant, revokedAt: at })
      return true
    }
  } satisfies Partial<Journal>
  return { rows, grants }
}
