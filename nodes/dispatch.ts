import { Command, type GraphNode } from '@langchain/langgraph'
import type { AgentState } from '../state/agent.ts'
import type { Call } from '../state/calls.ts'
import { type Context, type World, worldOf } from '../state/context.ts'
import { turnOf, unsettledCalls } from '../state/messages.ts'
import { grantsIn } from '../state/remit.ts'
import { refusal } from './results.ts'
import { currentTasks } from './standing.ts'

/** Start the children that the model asked for, as far as depth and width allow; the rest is answered as refused. */
export const dispatch: GraphNode<typeof AgentState, Context> = async (state, run) => {
  const world = worldOf(run)
  const grants = grantsIn(turnOf(state.messages), state.grants)
  const judged = (unsettledCalls(state.messages) as Call[])
    .filter((call) => !state.ledger[call.id])
    .map((call) => ({ call, judgement: world.tools.judge(call, { remits: world.remits, grants }) }))
  const wanted = judged.flatMap(({ call, judgement }) =>
    judgement.kind === 'delegate' ? [{ call, agent: judgement.agent, task: judgement.task }] : []
  )
  const room = roomFor(world, currentTasks(state).length)
  const inherited = grants.filter(({ scope }) => scope === 'subtree')
  const tasks = await Promise.all(
    wanted
      .slice(0, room)
      .map(({ call, agent, task }) => world.children.start({ id: call.id, agent, task, grants: inherited }))
  )
  const refused = wanted.slice(room).map(({ call }) => refusal(call, limitReached(world)))
  const alone = !judged.some(({ judgement }) => judgement.kind === 'allow')
  return new Command({
    update: { ledger: tasks, messages: refused },
    goto: alone && tasks.length > 0 ? 'attend' : 'settle'
  })
}

function roomFor({ charter, children }: World, atWork: number): number {
  return children.depthLeft <= 0 ? 0 : Math.max(0, charter.limits.width - atWork)
}

function limitReached({ charter, children }: World) {
  if (children.depthLeft <= 0)
    return { code: 'DEPTH_LIMIT', message: 'no more levels may stand below this agent; do the work yourself' } as const
  return {
    code: 'WIDTH_LIMIT',
    message: `${charter.limits.width} children may be at work at once; delegate again when some are done`
  } as const
}
