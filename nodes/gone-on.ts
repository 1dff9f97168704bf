import { HumanMessage } from '@langchain/core/messages'
import type { Ask } from '../state/asks.ts'
import { type Reached, raisedTo } from '../state/budget.ts'
import type { World } from '../state/context.ts'
import type { Decision } from '../state/decisions.ts'
import { handOver } from './hand-over.ts'

/** How an agent goes on that asked whether it may: with more of what was used up, with words to heed, or to its end. */
export async function goneOn(
  own: Ask,
  { decision, world }: { decision: Decision; world: World }
): Promise<{ message?: HumanMessage }> {
  if (own.kind !== 'budget') return { message: steered(wordsOf(decision)) }
  const { limit, cap } = own.args as Reached
  if (decision.kind === 'reject') {
    const message = `${own.reason.split(';')[0]}, and more was not given${decision.reason && `: ${decision.reason}`}`
    return { message: handOver({ code: 'BUDGET_EXCEEDED', message }) }
  }
  // A cap that is none was refused at the door; past it, it is as if none were named.
  await world.budget.raise(limit, raisedTo(decision, { limit, cap }) ?? 2 * cap)
  return {}
}

function wordsOf(decision: Decision): string {
  switch (decision.kind) {
    case 'approve':
      return 'You may go on as you did.'
    case 'reject':
      return decision.reason || 'Do not go on like this: find another way, or end and say what is missing.'
    case 'edit':
      return JSON.stringify(decision.args)
    case 'answer':
      return typeof decision.value === 'string' ? decision.value : JSON.stringify(decision.value)
  }
}

function steered(content: string): HumanMessage {
  return new HumanMessage({ content, additional_kwargs: { steer: true } })
}
