import type { AIMessage } from '@langchain/core/messages'
import { malformedOf } from '../models/malformed.ts'
import type { AgentState } from '../state/agent.ts'
import type { Call, Judgement, Verdict } from '../state/calls.ts'
import type { Authority, World } from '../state/context.ts'
import { hookedOf } from '../state/hooked.ts'
import { lastReply, turnOf, unsettledCalls } from '../state/messages.ts'
import { strangersIn } from '../state/untrusted.ts'
import { authorityOf } from './authority.ts'

export interface JudgedCall {
  readonly call: Call
  readonly judgement: Judgement
}

/** The calls of the present step that have no result, no task and no wait yet, with what is to be done with each. */
export async function judgedCalls(state: AgentState, world: World): Promise<JudgedCall[]> {
  const reply = lastReply(state.messages)
  return reply ? judgedOf(reply, callsLeft(state), { world, ...known(state) }) : []
}

/** The same by the remits and the policy alone, which anybody who looks twice finds as they were. */
export function judgedByRemits(state: AgentState, world: World): JudgedCall[] {
  const reply = lastReply(state.messages)
  return reply ? judgedUnder([], { reply, calls: callsLeft(state), world, ...known(state) }) : []
}

/** What of a conversation counts for a verdict: looked up once for all calls of a step. */
export interface Known {
  readonly turn: string
  readonly untrusted: string | undefined
}

export function known(state: Pick<AgentState, 'messages' | 'ledger'>): Known {
  return { turn: turnOf(state.messages), untrusted: strangersIn(state) }
}

/** What is to be done with calls of a reply. Grants are looked up where the remits would ask, and only there. */
export async function judgedOf(
  reply: AIMessage,
  calls: readonly Call[],
  { world, turn, untrusted }: Known & { world: World }
): Promise<JudgedCall[]> {
  const judged = judgedUnder([], { reply, calls, world, untrusted })
  if (!judged.some(({ judgement }) => judgement.kind === 'ask')) return judged
  const grants = await world.grants(turn)
  return grants.length > 0 ? judgedUnder(grants, { reply, calls, world, untrusted }) : judged
}

function callsLeft({ messages, ledger, waits }: AgentState): Call[] {
  const isKnown = (id: string) => Object.hasOwn(ledger, id) || Object.hasOwn(waits, id)
  return (unsettledCalls(messages) as Call[]).filter(({ id }) => !isKnown(id))
}

/** Arguments that were no JSON are refused, whatever the tool would take. */
function judgedUnder(
  grants: Authority['grants'],
  {
    reply,
    calls,
    world,
    untrusted
  }: Pick<Known, 'untrusted'> & { reply: AIMessage; calls: readonly Call[]; world: World }
): JudgedCall[] {
  return calls.map((call) => {
    const malformed = malformedOf(reply, call.id)
    if (malformed)
      return { call, judgement: { kind: 'invalid', reason: `the arguments are no JSON: ${malformed.error}` } }
    const hooked = hookedOf(reply, call.id)
    const authority = { ...authorityOf(world, { grants, untrusted }), ...(hooked && { hooked }) }
    return { call, judgement: delegable(world.tools.judge(call, authority), hooked) }
  })
}

/** Delegating is not asked about: what a hook would have asked about is denied there. */
function delegable(judgement: Judgement, hooked: Verdict | undefined): Judgement {
  if (!hooked || hooked.kind === 'allow' || (judgement.kind !== 'delegate' && judgement.kind !== 'task'))
    return judgement
  return { kind: 'deny', reason: hooked.reason }
}
