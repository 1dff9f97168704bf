// G1. A grant lies in the journal under the id of its ask. However often its node is executed, it is given once.
// G2. It is read whenever policy would ask, and nothing of it is remembered: one that somebody revokes is worth nothing
//     for the next call, in whatever process.
// G3. Who gives a grant looks for open asks once it is on record; who opens an ask looks for grants once that is on record.
//     So none that is covered stays open, whichever came first.
// G4. A grant answers an ask as a person would: not where a remit denies the call, nor for a graph that is not ours.
import type { Ask } from '../state/asks.ts'
import type { Clock, World } from '../state/context.ts'
import type { Decider } from '../state/decisions.ts'
import type { Grant } from '../state/grants.ts'
import type { Journal } from '../state/journal.ts'
import type { TreePolicy } from '../state/policy.ts'
import type { Remit } from '../state/remit.ts'
import type { ThreadRecord } from '../state/threads.ts'
import { judgementOf } from './judgement-of.ts'
import type { Registry } from './registry.ts'
import { idsAbove } from './thread-of.ts'
import type { KeptPolicy } from './tree-policy.ts'

export interface GrantParts {
  readonly registry: Registry
  readonly journal: Journal
  readonly clock: Clock
  readonly keptPolicy: KeptPolicy
}

/** As much of a grant as says what it covers. */
export type Reach = Pick<Grant, 'id' | 'rootThreadId' | 'threadId' | 'path' | 'tool' | 'argsHash' | 'rules' | 'scope'>

/** The grants of one thread. */
export interface ThreadGrants extends Pick<World, 'grants' | 'grant'> {
  /** Decides an ask that this thread has just opened, if a grant has come from above in the meantime. */
  recheck(ask: Ask): Promise<void>
}

export function threadGrants(
  thread: ThreadRecord,
  { changed, ...parts }: GrantParts & { changed(): void }
): ThreadGrants {
  const { journal, clock } = parts
  const { threadId, rootThreadId, path } = thread
  const holding = async (threadIds: readonly string[]) =>
    withRules(await journal.grants({ threadIds, now: clock.now() }), journal)

  return {
    async grants(turn) {
      const found = await holding([threadId, ...(await idsAbove(journal, thread))])
      return found.filter((grant) =>
        grant.threadId === threadId ? grant.scope !== 'turn' || grant.turn === turn : grant.scope === 'subtree'
      )
    },

    async grant({ id, tool, argsHash }, { scope, forMs, turn }) {
      if (scope === 'once') return
      const record = await journal.ask(id)
      const grantedAt = record?.status === 'decided' ? record.decidedAt : clock.now()
      const expiresAt = forMs === undefined ? null : grantedAt + forMs
      const origin = { rootThreadId, threadId, path }
      await journal.grant({ id, ...origin, tool, argsHash, scope, turn, grantedAt, expiresAt, revokedAt: null })
      const given = (await holding([threadId])).find((grant) => grant.id === id)
      if (given && (await resolveCovered(given, parts)).length > 0) changed()
    },

    async recheck(ask) {
      const above = await idsAbove(journal, thread)
      if (above.length === 0) return
      const whose = { ...parts, thread, kept: await parts.keptPolicy(rootThreadId) }
      const isCovering = (grant: Grant) => grant.scope === 'subtree' && covers(grant, ask, whose)
      const covering = (await holding(above)).find(isCovering)
      if (covering) await decideBy(covering, ask, whose)
    }
  }
}

/** Decides the open asks of a tree that a grant covers; gives the threads that had asked. */
export async function resolveCovered(grant: Reach, parts: GrantParts): Promise<ThreadRecord[]> {
  const { journal } = parts
  const open = await journal.openAsks({ rootThreadId: grant.rootThreadId })
  if (open.length === 0) return []
  const kept = await parts.keptPolicy(grant.rootThreadId)
  const resolved: ThreadRecord[] = []
  for (const { ask } of open) {
    if (!grant.rules && !isSameCall(grant, ask)) continue
    const thread = await journal.thread(ask.threadId)
    if (!thread || !covers(grant, ask, { ...parts, thread, kept })) continue
    if (!(await reaches(grant, thread, journal))) continue
    if (await decideBy(grant, ask, { ...parts, thread, kept })) resolved.push(thread)
  }
  return resolved
}

/** A rule that came with a decision is kept with that; a grant is its row and its rules. */
async function withRules(grants: readonly Grant[], journal: Journal): Promise<Grant[]> {
  if (grants.length === 0) return []
  const asks = await journal.asks(grants.map(({ id }) => id))
  const rules = new Map(
    asks.map((record) => {
      const given =
        record.status === 'decided' && record.decision.kind === 'approve' ? record.decision.rules : undefined
      return [record.ask.id, given && learned(given, record.ask)]
    })
  )
  return grants.map((grant) => {
    const own = rules.get(grant.id)
    return own ? { ...grant, rules: own } : grant
  })
}

/** What was learned of a call that came after a stranger's text holds for such calls; of any other call it was not asked. */
export function learned(rules: Remit, { untrusted }: Pick<Ask, 'untrusted'>): Remit {
  return untrusted === undefined ? rules : rules.map((rule) => ({ ...rule, evenUntrusted: true }))
}

/** The thread that asks, and what is said of its tree. */
interface Whose {
  readonly thread: ThreadRecord
  readonly kept: TreePolicy | null
}

/** Whether a grant is about a call: exactly this one, or one that its rules allow. */
function covers(grant: Reach, ask: Ask, { registry, thread, kept }: Pick<GrantParts, 'registry'> & Whose): boolean {
  if (isSameCall(grant, ask)) return true
  if (!grant.rules || ask.kind !== 'permission' || ask.doneBefore || !registry.agent(thread.agent).context) return false
  return judgementOf(ask, { thread, kept, registry, grants: [grant] })?.kind === 'allow'
}

function isSameCall(grant: Pick<Reach, 'tool' | 'argsHash'>, ask: Ask): boolean {
  return ask.kind === 'permission' && ask.tool === grant.tool && ask.argsHash === grant.argsHash
}

async function reaches({ threadId, scope }: Reach, thread: ThreadRecord, journal: Journal): Promise<boolean> {
  if (thread.threadId === threadId) return true
  return scope === 'subtree' && (await idsAbove(journal, thread)).includes(threadId)
}

/** True where the ask had no decision before and has this one now. */
async function decideBy(
  { id: grantId, path }: Reach,
  ask: Ask,
  { registry, journal, clock, thread, kept }: GrantParts & Whose
): Promise<boolean> {
  if (!registry.agent(thread.agent).context) return false
  const judgement = judgementOf(ask, { thread, kept, registry })
  if (judgement?.kind !== 'allow' && judgement?.kind !== 'ask') return false
  const by: Decider = { kind: 'grant', path, grantId }
  return journal.decideAsk(ask.id, { decision: { kind: 'approve', scope: 'once' }, by, at: clock.now() })
}
