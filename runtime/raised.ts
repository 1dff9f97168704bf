// A cap that is raised answers whoever else waits for it.
//
// C1. Who raises a cap looks for open asks for it once it is raised; who opens such an ask looks at the cap once the ask is
//     on record. So none stays open that has its answer, whichever came first.
// C2. What is decided so names the new cap: however many agents go on with it, the cap is that one, and not raised for each.
import type { Ask } from '../state/asks.ts'
import type { BudgetLimit, Reached } from '../state/budget.ts'
import type { Clock } from '../state/context.ts'
import type { Decider } from '../state/decisions.ts'
import type { Journal } from '../state/journal.ts'
import type { ThreadRecord } from '../state/threads.ts'

/** A cap as it is by now; `path` is the agent on whose ask it was raised, or who has found it so. */
export interface Raised {
  readonly rootThreadId: string
  readonly limit: BudgetLimit
  readonly cap: number
  readonly path: string
}

interface RaisedParts {
  readonly journal: Pick<Journal, 'openAsks' | 'decideAsk' | 'thread'>
  readonly clock: Clock
}

/** Decides the open asks of a tree for what is there by now; gives the threads that had asked. */
export async function resolveRaised(raised: Raised, parts: RaisedParts): Promise<ThreadRecord[]> {
  const { journal } = parts
  const resolved: ThreadRecord[] = []
  for (const { ask } of await journal.openAsks({ rootThreadId: raised.rootThreadId })) {
    if (!(await decideByCap(ask, raised, parts))) continue
    const thread = await journal.thread(ask.threadId)
    if (thread) resolved.push(thread)
  }
  return resolved
}

/** True where the ask had no decision before, is for less than there is now, and has its decision by that. */
export async function decideByCap(
  ask: Ask,
  { limit, cap, path }: Omit<Raised, 'rootThreadId'>,
  { journal, clock }: Pick<RaisedParts, 'clock'> & { journal: Pick<Journal, 'decideAsk'> }
): Promise<boolean> {
  if (ask.kind !== 'budget') return false
  const asked = ask.args as Reached
  if (asked.limit !== limit || asked.cap >= cap) return false
  const by: Decider = { kind: 'rule', path, reason: `the cap of the tree is ${cap} by now` }
  return journal.decideAsk(ask.id, { decision: { kind: 'edit', args: { cap } }, by, at: clock.now() })
}
