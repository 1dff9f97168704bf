import { Command, type GraphNode } from '@langchain/langgraph'
import type { AgentState } from '../state/agent.ts'
import { type Context, type World, worldOf } from '../state/context.ts'
import { judgedByRemits } from './judged.ts'
import { refusal } from './results.ts'
import { currentTasks } from './standing.ts'

/** Start the children that the model asked for, as far as depth, width and the budget allow; the rest is answered as refused. */
export const dispatch: GraphNode<typeof AgentState, Context> = async (state, run) => {
  const world = worldOf(run)
  const judged = judgedByRemits(state, world)
  const wanted = judged.flatMap(({ call, judgement }) =>
    judgement.kind === 'delegate' ? [{ call, agent: judgement.agent, task: judgement.task }] : []
  )
  const room = roomFor(world, currentTasks(state).length)
  const started = wanted.slice(0, room)
  const starting = await Promise.all(
    started.map(({ call, agent, task }) => world.children.start({ id: call.id, agent, task }))
  )
  const tasks = starting.flatMap((task) => task ?? [])
  const refused = [
    ...started.filter((_, at) => !starting[at]).map(({ call }) => refusal(call, NO_MORE_AGENTS)),
    ...wanted.slice(room).map(({ call }) => refusal(call, limitReached(world)))
  ]
  // What is neither delegated nor asked about runs beside this, also where a grant that let it through is gone by now.
  const asked = new Set(state.asked.map(({ toolCallId }) => toolCallId))
  const alone = judged.every(({ call, judgement }) => judgement.kind === 'delegate' || asked.has(call.id))
  return new Command({
    update: { ledger: tasks, messages: refused },
    goto: alone && tasks.length > 0 ? 'attend' : 'settle'
  })
}

function roomFor({ charter, children }: World, atWork: number): number {
  if (children.depthLeft <= 0) return 0
  return Math.max(0, charter.limits.width - atWork)
}

const NO_MORE_AGENTS = {
  code: 'BUDGET_EXCEEDED',
  message: 'the tree has as many agents as it may have; do the work yourself'
} as const

function limitReached({ charter, children }: World) {
  if (children.depthLeft <= 0)
    return { code: 'DEPTH_LIMIT', message: 'no more levels may stand below this agent; do the work yourself' } as const
  return {
    code: 'WIDTH_LIMIT',
    message: `${charter.limits.width} children may be at work at once; delegate again when some are done`
  } as const
}
