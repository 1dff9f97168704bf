// What stands between an agent and its next model call: a budget of the tree that is used up, or a circle that it goes in.
// Both end with a question to whoever stands above. Of a circle the agent itself is told first, once in a turn.
import { type BaseMessage, HumanMessage } from '@langchain/core/messages'
import type { AgentState } from '../state/agent.ts'
import type { Ask } from '../state/asks.ts'
import type { Reached } from '../state/budget.ts'
import type { World } from '../state/context.ts'
import { askIdOf } from '../state/ids.ts'
import { type Repetition, repetition } from '../state/loops.ts'
import { thisTurn, turnOf } from '../state/messages.ts'
import { argsHash } from '../tools/args-hash.ts'

export type Hindrance = { kind: 'ask'; ask: Ask } | { kind: 'correction'; message: HumanMessage }

export function hindrance({ messages }: AgentState, world: World): Hindrance | undefined {
  const cap = world.budget.reached()
  if (cap) return { kind: 'ask', ask: budgetAsk(cap, { turn: turnOf(messages), world }) }
  const circle = repetition(messages)
  if (!circle) return undefined
  const corrected = correctionsIn(messages)
  if (corrected === 0) return { kind: 'correction', message: correction(circle) }
  return { kind: 'ask', ask: circleAsk(circle, { turn: turnOf(messages), at: messages.length, world }) }
}

/** The id names turn and cap, so that it is asked once, and again when the next cap is used up, or in the turn after a no. */
function budgetAsk({ limit, cap, used }: Reached, { turn, world }: { turn: string; world: World }): Ask {
  const args = { limit, cap, used }
  const reason = `the tree has used ${used} of ${cap} ${UNITS[limit]}; approve as much again, or edit the cap`
  const toolCallId = `budget:${limit}:${cap}:${turn}`
  return askOf({ kind: 'budget', tool: 'budget', toolCallId, args, reason }, world)
}

const UNITS: Record<Reached['limit'], string> = {
  tokens: 'tokens',
  usd: 'dollars',
  calls: 'model calls',
  agents: 'agents',
  wallMs: 'milliseconds'
}

function circleAsk(circle: Repetition, { turn, at, world }: { turn: string; at: number; world: World }): Ask {
  const { calls, times } = circle
  const reason = `it makes the same calls with the same results, ${times} times over, although it was told`
  const toolCallId = `circle:${turn}:${at}`
  return askOf({ kind: 'input', tool: 'go_on', toolCallId, args: { calls }, reason }, world)
}

type Asked = Pick<Ask, 'kind' | 'tool' | 'toolCallId' | 'args' | 'reason'>

function askOf(asked: Asked, { threadId, path }: World): Ask {
  return { ...asked, id: askIdOf(threadId, asked.toolCallId), path, threadId, argsHash: argsHash(asked.args) }
}

function correction({ calls, times }: Repetition): HumanMessage {
  const names = [...new Set(calls.map(({ name }) => name))].join(', ')
  const content = `You have made the same calls (${names}) ${times} times, and each time they had the same results. Do not make them again: find another way, or end and say what is missing.`
  return new HumanMessage({ content, additional_kwargs: { steer: true, correction: true } })
}

function correctionsIn(messages: readonly BaseMessage[]): number {
  return thisTurn(messages).filter(({ additional_kwargs }) => additional_kwargs.correction === true).length
}
