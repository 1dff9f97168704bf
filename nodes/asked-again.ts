import type { BaseMessage } from '@langchain/core/messages'
import { interrupt } from '@langchain/langgraph'
import type { Ask, Waiting } from '../state/asks.ts'
import type { Call } from '../state/calls.ts'
import type { World } from '../state/context.ts'
import type { Decision } from '../state/decisions.ts'
import { answered, decisionsFrom } from './answered.ts'
import { askFor } from './ask-for.ts'
import { authorityOf } from './authority.ts'
import type { Act } from './sent-call.ts'

/** What is to be done with a call that has been sent off: run, or told to the model. */
export type Allowed = { readonly call: Call } | { readonly message: BaseMessage }

/**
 * A call that was let through on the branch that this one was made of, and was done there, is asked about where it is to be
 * done again. The interrupt is behind nothing that has an effect.
 */
export async function askedAgain(call: Call, world: World): Promise<Allowed> {
  const judgement = world.tools.judge(call, authorityOf(world))
  if (judgement.kind !== 'ask' || !judgement.doneBefore) return { call }
  const complete = world.tools.complete(call)
  const own = askFor(complete, { world, judgement })
  const { send, message, standing } = await answered(own, { call: complete, decision: decisionOn(own), world })
  // What holds for the turn is looked up by the turn, of which a call that was sent off knows nothing.
  if (standing && standing.approval.scope !== 'turn') await world.grant(own, { ...standing.approval, turn: '' })
  return message ? { message } : { call: (send!.args as Act).call }
}

/** Whoever is resumed without a decision goes on asking. */
function decisionOn(own: Ask): Decision {
  while (true) {
    const decision = decisionsFrom(interrupt<Waiting, unknown>({ asks: [own] }), [own])[own.id]
    if (decision) return decision
  }
}
