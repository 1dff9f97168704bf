import { Command, type GraphNode, Send } from '@langchain/langgraph'
import type { AgentState } from '../state/agent.ts'
import type { Judgement } from '../state/calls.ts'
import { type Context, worldOf } from '../state/context.ts'
import { askFor } from './ask-for.ts'
import { asRequested } from './edition.ts'
import { type JudgedCall, judgedCalls } from './judged.ts'
import { questionFor } from './questions.ts'
import { refusal } from './results.ts'
import type { Act } from './sent-call.ts'
import { termsOf } from './terms.ts'

/** Sort the calls of a step: run, delegate, ask, or answer at once because they are malformed or denied. */
export const gate: GraphNode<typeof AgentState, Context> = async (state, run) => {
  const world = asRequested(state, worldOf(run))
  const judged = await judgedCalls(state, world)
  const asked = judged.flatMap(({ call, judgement }) => {
    if (judgement.kind === 'question') return [questionFor(world.tools.complete(call), world)]
    return judgement.kind === 'ask' ? [askFor(world.tools.complete(call), { world, judgement })] : []
  })
  for (const ask of asked) await world.openAsk(ask)

  const allowed = judged.filter(({ judgement }) => judgement.kind === 'allow')
  const termsFor = termsOf(state, { world, count: judged.length })
  const running = allowed.map(
    ({ call }) => new Send('act', { call, next: 'settle', judgedOn: world.threadId, ...termsFor(call) } satisfies Act)
  )
  const delegates = judged.some(({ judgement }) => DISPATCHED.has(judgement.kind)) ? ['dispatch'] : []
  const started = [...running, ...delegates]
  return new Command({
    update: { asked, messages: judged.flatMap(answeredAtOnce) },
    goto: started.length > 0 ? started : asked.length > 0 ? 'ask' : 'think'
  })
}

const DISPATCHED: ReadonlySet<Judgement['kind']> = new Set(['delegate', 'task'])

function answeredAtOnce({ call, judgement }: JudgedCall) {
  if (judgement.kind === 'invalid') return [refusal(call, { code: 'BAD_ARGUMENTS', message: judgement.reason })]
  if (judgement.kind === 'deny') return [refusal(call, { code: 'DENIED', message: judgement.reason })]
  return []
}
