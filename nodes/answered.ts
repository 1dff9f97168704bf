import type { BaseMessage } from '@langchain/core/messages'
import { Send } from '@langchain/langgraph'
import type { Ask } from '../state/asks.ts'
import type { Call } from '../state/calls.ts'
import type { World } from '../state/context.ts'
import { type Approval, type Decision, Decision as DecisionSchema, Decisions } from '../state/decisions.ts'
import { argsHash } from '../tools/args-hash.ts'
import { authorityOf } from './authority.ts'
import { type Hooked, hookedCall } from './hooked.ts'
import { refusal } from './results.ts'
import type { Act } from './sent-call.ts'
import type { termsOf } from './terms.ts'

/** A resume value is decisions by ask id; where one thing was asked, the decision itself will do. */
export function decisionsFrom(value: unknown, asks: readonly Ask[]): Decisions {
  const single = asks.length === 1 ? DecisionSchema.safeParse(value) : undefined
  if (single?.success) return { [asks[0]!.id]: single.data }
  const several = Decisions.safeParse(value)
  return several.success ? several.data : {}
}

interface Answering {
  call: Call | undefined
  decision: Decision
  world: World
  termsFor?: ReturnType<typeof termsOf>
}

export interface Answer {
  send?: Send
  message?: BaseMessage
  /** What is approved beyond this one call. */
  standing?: { ask: Ask; approval: Approval }
}

/** A decision opens exactly the call that was asked for, or the one that it was edited to, unless that is denied by now. */
export async function answered(own: Ask, { call, decision, world, termsFor }: Answering): Promise<Answer> {
  if (!call) return {}
  if (call.name !== own.tool || argsHash(call.args) !== own.argsHash)
    return { message: refusal(call, { code: 'BAD_DECISION', message: 'the decision is for another call than this' }) }
  if (decision.kind === 'reject')
    return { message: refusal(call, { code: 'REJECTED', message: rejection(decision.reason) }) }
  if (decision.kind === 'answer')
    return {
      message: refusal(call, { code: 'BAD_DECISION', message: 'a permission was asked for and a value was given' })
    }
  const approved = decision.kind === 'edit' ? { ...call, args: decision.args } : call
  const judgement = world.tools.judge(approved, { ...authorityOf(world), repeats: [] })
  if (judgement.kind === 'invalid')
    return { message: refusal(call, { code: 'BAD_ARGUMENTS', message: judgement.reason }) }
  if (judgement.kind === 'deny') return { message: refusal(call, { code: 'DENIED', message: judgement.reason }) }
  const denied =
    decision.kind === 'edit' && world.hooks ? await deniedByHooks(approved, { world, hooks: world.hooks }) : undefined
  if (denied !== undefined) return { message: refusal(call, { code: 'DENIED', message: denied }) }
  return {
    send: new Send('act', {
      call: approved,
      next: 'settle',
      judgedOn: world.threadId,
      ...termsFor?.(call)
    } satisfies Act),
    ...(decision.kind === 'approve' && decision.scope !== 'once' && { standing: { ask: own, approval: decision } })
  }
}

/** Hooks have not seen these arguments. They may say no to them; what they would put in their place nobody has approved. */
async function deniedByHooks(call: Call, about: Hooked): Promise<string | undefined> {
  const { args, verdict } = await hookedCall(call, about)
  if (verdict?.kind === 'deny') return verdict.reason
  return args === call.args ? undefined : 'a hook would have changed the arguments that were approved'
}

function rejection(reason: string): string {
  return reason || 'it was not allowed; do not try the same again, find another way or say what is needed'
}
