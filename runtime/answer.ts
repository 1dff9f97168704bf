import type { Ask, AskRecord } from '../state/asks.ts'
import { type Reached, raisedTo } from '../state/budget.ts'
import { canonical } from '../state/canonical.ts'
import { type Decider, Decision } from '../state/decisions.ts'
import { RuntimeError } from '../state/errors.ts'
import type { TreePolicy } from '../state/policy.ts'
import type { Remit } from '../state/remit.ts'
import type { ThreadRecord } from '../state/threads.ts'
import type { Agent } from './agent.ts'
import { type GrantParts, learned, resolveCovered } from './grants.ts'
import { judgementOf } from './judgement-of.ts'
import { resolveRaised } from './raised.ts'
import type { Registry } from './registry.ts'
import { threadOf } from './thread-of.ts'
import { knownPolicy } from './tree-policy.ts'

/** The threads that go on when an ask is decided. */
export interface Answered {
  readonly asking: ThreadRecord
  /** Those whose asks are answered with it: by a grant that comes with the decision, or by the cap that it raises. */
  readonly covered: readonly ThreadRecord[]
}

/**
 * Puts a person's decision on an ask on record, and on those that it covers.
 * @throws RuntimeError UNKNOWN_ASK, ASK_DECIDED, ASK_STALE, BAD_DECISION; nothing has changed then
 */
export async function answer(
  { askId, given }: { askId: string; given: unknown },
  parts: GrantParts
): Promise<Answered> {
  const { registry, journal, clock } = parts
  const record = await journal.ask(askId)
  if (!record) throw new RuntimeError('UNKNOWN_ASK', `no ask ${askId} in this store`)
  refuseUnlessOpen(record)
  const decision = parsedDecision(given)
  const { ask, rootThreadId } = record
  refuseUnlessMore(ask, decision)
  const asking = await threadOf(journal, ask.threadId)
  const kept = await knownPolicy(rootThreadId, parts.keptPolicy)
  refuseBeyondRemit(ask, { decision, thread: asking, kept, registry })
  if (decision.kind === 'approve' && decision.rules)
    refuseUnlessTaught(ask, decision.rules, registry.agent(asking.agent))
  const by: Decider = { kind: 'person' }
  const first = await journal.decideAsk(askId, { decision, by, at: clock.now() })
  if (!first) refuseUnlessOpen((await journal.ask(askId))!)
  if (ask.kind === 'budget') {
    const { limit } = ask.args as Reached
    const cap = raisedTo(decision, ask.args as Reached)
    const raised = cap === undefined ? undefined : { rootThreadId, limit, cap, path: ask.path }
    return { asking, covered: raised ? await resolveRaised(raised, { journal, clock }) : [] }
  }
  // The grant itself is given by the thread that asked, as it goes on; whoever waits for the same need not wait for that.
  if (decision.kind !== 'approve' || decision.scope === 'once') return { asking, covered: [] }
  const { scope, rules } = decision
  const reach = { ...ask, rootThreadId, scope, ...(rules && { rules: learned(rules, ask) }) }
  return { asking, covered: await resolveCovered(reach, parts) }
}

function refuseUnlessOpen({ status, ask }: AskRecord): void {
  if (status === 'decided') throw new RuntimeError('ASK_DECIDED', `ask ${ask.id} has its decision already`)
  if (status === 'withdrawn')
    throw new RuntimeError('ASK_STALE', `ask ${ask.id} is no longer asked: its run was cancelled`)
}

function parsedDecision(given: unknown): Decision {
  const parsed = Decision.safeParse(given)
  if (!parsed.success)
    throw new RuntimeError(
      'BAD_DECISION',
      `a decision is approve, edit with args, reject or answer with a value: ${parsed.error.message}`
    )
  const { data } = parsed
  if (data.kind === 'approve' && data.scope === 'once' && data.forMs !== undefined)
    throw new RuntimeError(
      'BAD_DECISION',
      'what is approved once has no time to end after: give another scope with forMs'
    )
  if (data.kind === 'approve' && data.scope === 'once' && data.rules !== undefined)
    throw new RuntimeError('BAD_DECISION', 'what is approved once teaches nothing: give another scope with rules')
  return data
}

/** A cap that is not above the one that is used up would be asked about again at once. */
function refuseUnlessMore({ kind, args }: Ask, decision: Decision): void {
  if (kind !== 'budget' || decision.kind === 'reject') return
  if (raisedTo(decision, args as Reached) === undefined)
    throw new RuntimeError(
      'BAD_DECISION',
      `the new cap is a number above ${(args as Reached).cap}: edit with {"cap": N}, or answer N`
    )
}

interface BeyondRemit {
  readonly decision: Decision
  readonly thread: ThreadRecord
  readonly kept: TreePolicy | null
  readonly registry: Registry
}

/** A person outranks every rung, but not a denial: what the remits of the ladder refuse stays refused. */
function refuseBeyondRemit(ask: Ask, { decision, thread, kept, registry }: BeyondRemit): void {
  if (ask.kind === 'permission' && decision.kind === 'answer')
    throw new RuntimeError('BAD_DECISION', 'a permission is approved, edited or rejected; it takes no other answer')
  if (decision.kind !== 'approve' && decision.kind !== 'edit') return
  const args = decision.kind === 'edit' ? decision.args : ask.args
  if (decision.kind === 'approve' && decision.scope !== 'once' && !mayStand(ask, registry.agent(thread.agent)))
    throw new RuntimeError('BAD_DECISION', `this asks each time anew: approve it once, not for the ${decision.scope}`)
  const judgement = judgementOf(ask, { thread, kept, registry, args })
  if (judgement?.kind === 'deny' || judgement?.kind === 'invalid')
    throw new RuntimeError('BAD_DECISION', `the call cannot be allowed: ${judgement.reason}`)
}

/** What an approval allows beyond its call is what the call teaches, and no more: nobody slips another rule in. */
function refuseUnlessTaught({ tool, args }: Ask, rules: Remit, agent: Agent): void {
  const lesson = agent.lesson({ name: tool, args: args as Record<string, unknown> })
  if (!lesson.ok) throw new RuntimeError('BAD_DECISION', `nothing is learned from this call: ${lesson.reason}`)
  if (canonical(rules) !== canonical(lesson.rules))
    throw new RuntimeError('BAD_DECISION', 'the rules are not those that this call teaches: ask for its lesson')
}

/** Nobody would look a grant up for a graph that is not ours, nor for anything but a call. */
function mayStand({ kind }: Ask, { context }: Agent): boolean {
  return kind === 'permission' && context !== undefined
}
