import type { Journal } from '../../state/journal.ts'
import type { Lease } from '../../state/leases.ts'

export function leaseRows() {
  const leases = new Map<string, Lease>()
  const stillHeld = ({ rootThreadId, holder, token }: Lease) => {
    const lease = leases.get(rootThreadId)
    return lease?.holder === holder && lease.token === token && lease.expiresAt > 0
  }
  const keep = (lease: Lease) => {
    leases.set(lease.rootThreadId, lease)
    return { ...lease }
  }

  const rows = {
    async acquireLease({ rootThreadId, holder, now, ttlMs }) {
      const last = leases.get(rootThreadId)
      const expiresAt = now + ttlMs
      if (last?.holder === holder) return keep({ ...last, expiresAt })
      if (last && last.expiresAt > now) return undefined
      return keep({ rootThreadId, holder, token: (last?.token ?? 0) + 1, expiresAt })
    },
    async renewLease(lease, { now, ttlMs }) {
      if (!stillHeld(lease)) return false
      keep({ ...lease, expiresAt: now + ttlMs })
      return true
    },
    async releaseLease(lease) {
      if (stillHeld(lease)) keep({ ...lease, expiresAt: 0 })
    },
    lease: async (rootThreadId) => structuredClone(leases.get(rootThreadId))
  } satisfies Partial<Journal>
  return { rows, leases }
}
