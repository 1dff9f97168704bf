// An agent that has reached a limit gets one more model call, without tools, to hand over what it has. The message that tells it
// so carries the failure with which the turn ends then.
import { type BaseMessage, HumanMessage } from '@langchain/core/messages'
import type { Charter } from '../state/charter.ts'
import { Failure } from '../state/errors.ts'
import { repliesThisTurn, thisTurn, tokensThisTurn } from '../state/messages.ts'

/** The limit of its charter that an agent has reached in this turn. */
export function limitReached(messages: readonly BaseMessage[], { limits }: Charter): Failure | undefined {
  const { steps, tokens } = limits
  if (repliesThisTurn(messages) >= steps)
    return { code: 'STEP_LIMIT', message: `the turn took ${steps} model calls, the limit of this agent (limits.steps)` }
  if (tokens !== undefined && tokensThisTurn(messages) >= tokens)
    return {
      code: 'BUDGET_EXCEEDED',
      message: `the turn used ${tokens} tokens, the limit of this agent (limits.tokens)`
    }
  return undefined
}

export function handOver(limit: Failure): HumanMessage {
  const content = `${limit.message}. This is your last reply, and no tool can be called: hand over what you have, and say what is not done.`
  return new HumanMessage({ content, additional_kwargs: { steer: true, wrapUp: true, limit } })
}

/** The failure for which the agent hands over already. */
export function handingOver(messages: readonly BaseMessage[]): Failure | undefined {
  const told = thisTurn(messages).findLast(({ additional_kwargs }) => additional_kwargs.limit)
  return told && Failure.safeParse(told.additional_kwargs.limit).data
}
