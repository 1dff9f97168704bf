import type { Ask, AskRecord } from '../state/asks.ts'
import type { Clock } from '../state/context.ts'
import { type Decider, Decision } from '../state/decisions.ts'
import { RuntimeError } from '../state/errors.ts'
import type { Journal } from '../state/journal.ts'
import type { ThreadRecord } from '../state/threads.ts'
import type { Registry } from './registry.ts'
import { threadOf } from './thread-of.ts'

export interface AnswerParts {
  readonly registry: Registry
  readonly journal: Journal
  readonly clock: Clock
}

/**
 * Puts a person's decision on an ask on record; gives the thread that asked.
 * @throws RuntimeError UNKNOWN_ASK, ASK_DECIDED, ASK_STALE, BAD_DECISION; nothing has changed then
 */
export async function answer(
  { askId, given }: { askId: string; given: unknown },
  { registry, journal, clock }: AnswerParts
): Promise<ThreadRecord> {
  const record = await journal.ask(askId)
  if (!record) throw new RuntimeError('UNKNOWN_ASK', `no ask ${askId} in this store`)
  refuseUnlessOpen(record)
  const decision = parsedDecision(given)
  const thread = await threadOf(journal, record.ask.threadId)
  refuseBeyondRemit(record.ask, { decision, thread, registry })
  const by: Decider = { kind: 'person' }
  const first = await journal.decideAsk(askId, { decision, by, at: clock.now() })
  if (!first) refuseUnlessOpen((await journal.ask(askId))!)
  return thread
}

function refuseUnlessOpen({ status, ask }: AskRecord): void {
  if (status === 'decided') throw new RuntimeError('ASK_DECIDED', `ask ${ask.id} has its decision already`)
  if (status === 'withdrawn')
    throw new RuntimeError('ASK_STALE', `ask ${ask.id} is no longer asked: its run was cancelled`)
}

function parsedDecision(given: unknown): Decision {
  const parsed = Decision.safeParse(given)
  if (parsed.success) return parsed.data
  throw new RuntimeError(
    'BAD_DECISION',
    `a decision is approve, edit with args, reject or answer with a value: ${parsed.error.message}`
  )
}

/** A person outranks every rung, but not a denial: what the remits of the ladder refuse stays refused. */
function refuseBeyondRemit(
  ask: Ask,
  { decision, thread, registry }: { decision: Decision; thread: ThreadRecord; registry: Registry }
): void {
  if (ask.kind === 'permission' && decision.kind === 'answer')
    throw new RuntimeError('BAD_DECISION', 'a permission is approved, edited or rejected; it takes no other answer')
  const { judge } = registry.agent(thread.agent)
  if (ask.kind !== 'permission' || (decision.kind !== 'approve' && decision.kind !== 'edit')) return
  const args = decision.kind === 'edit' ? decision.args : (ask.args as Record<string, unknown>)
  const call = { id: ask.toolCallId, name: ask.tool, args }
  const judgement = judge(call, { remits: registry.remitsAlong(thread.path), grants: [] })
  if (judgement.kind === 'deny' || judgement.kind === 'invalid')
    throw new RuntimeError('BAD_DECISION', `the call cannot be allowed: ${judgement.reason}`)
}
