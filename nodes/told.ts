import { interrupt } from '@langchain/langgraph'
import type { Ask, Waiting } from '../state/asks.ts'
import type { Call } from '../state/calls.ts'
import type { World } from '../state/context.ts'
import type { Decision } from '../state/decisions.ts'
import { askIdOf } from '../state/ids.ts'
import type { ToolAnswer, ToolAnswers } from '../state/tool-result.ts'
import { argsHash } from '../tools/args-hash.ts'
import { decisionsFrom } from './answered.ts'
import type { Round } from './sent-call.ts'

/**
 * What a tool is told before it goes on. The questions are put to whoever stands above, and nothing is done before they are
 * answered: what was done in the round before is on record, and is not done again.
 */
export async function told(call: Call, { round, world }: { round: Round; world: World }): Promise<ToolAnswers> {
  const { questions, state } = round.needs
  const asks = questions.map((question): Ask => {
    const { key, kind, reason, args } = question
    const id = askIdOf(world.threadId, JSON.stringify([call.id, round.number, key]))
    const { path, threadId } = world
    return { id, kind, path, threadId, toolCallId: call.id, tool: call.name, args, argsHash: argsHash(args), reason }
  })
  for (const ask of asks) await world.openAsk(ask)
  const decisions = decisionsOn(asks)
  const by = questions.map(({ key }, index) => [key, answerOf(decisions[asks[index]!.id]!)] as const)
  return { by: Object.fromEntries(by), state }
}

/** Whoever is resumed with some of the decisions goes on asking for the others. */
function decisionsOn(asks: readonly Ask[]): Readonly<Record<string, Decision>> {
  const decided: Record<string, Decision> = {}
  while (true) {
    const open = asks.filter(({ id }) => !decided[id])
    if (open.length === 0) return decided
    Object.assign(decided, decisionsFrom(interrupt<Waiting, unknown>({ asks: open }), open))
  }
}

function answerOf(decision: Decision): ToolAnswer {
  switch (decision.kind) {
    case 'answer':
      return { kind: 'given', value: decision.value }
    case 'edit':
      return { kind: 'given', value: decision.args }
    case 'approve':
      return { kind: 'given', value: {} }
    case 'reject':
      return { kind: 'declined', reason: decision.reason }
  }
}
