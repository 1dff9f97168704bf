import { Command, type GraphNode, interrupt } from '@langchain/langgraph'
import type { AgentState } from '../state/agent.ts'
import type { Waiting } from '../state/asks.ts'
import type { Call } from '../state/calls.ts'
import { type Context, worldOf } from '../state/context.ts'
import type { Decisions } from '../state/decisions.ts'
import { turnOf, unsettledCalls } from '../state/messages.ts'
import type { AskingTask, OpenTask, Petition } from '../state/task-ledger.ts'
import { type Answer, answered, decisionsFrom } from './answered.ts'
import { asRequested } from './edition.ts'
import { goneOn } from './gone-on.ts'
import { answerOf } from './questions.ts'
import { asksGoingUp, attendedTasks } from './standing.ts'
import { termsOf } from './terms.ts'

/**
 * Put before whoever stands above what this agent cannot decide: its own calls, whether it may go on, and what its children
 * ask. Nothing is done before the interrupt, and what is done behind it may be done twice. Resumed with decisions for some of
 * the asks it goes on with these; with none, it looks after its children again. An approval that stands for more than its
 * call is on record before the call runs.
 */
export const ask: GraphNode<typeof AgentState, Context> = async (state, run) => {
  const tasks = attendedTasks(state)
  const asks = asksGoingUp({ asked: state.asked, tasks })
  const decisions = decisionsFrom(interrupt<Waiting, unknown>({ asks }), asks)

  const world = asRequested(state, worldOf(run))
  const calls = new Map((unsettledCalls(state.messages) as Call[]).map((call) => [call.id, world.tools.complete(call)]))
  const turn = turnOf(state.messages)
  const termsFor = termsOf(state, { world, count: calls.size })
  const decided = state.asked.filter(({ id }) => decisions[id])
  const answers: Answer[] = await Promise.all(
    decided.map((own) => {
      const decision = decisions[own.id]!
      const question = own.kind === 'input' ? calls.get(own.toolCallId) : undefined
      if (question) return { message: answerOf(question, decision) }
      if (own.kind !== 'permission') return goneOn(own, { decision, world })
      return answered(own, { call: calls.get(own.toolCallId), decision, world, termsFor })
    })
  )
  for (const { standing } of answers) if (standing) await world.grant(standing.ask, { ...standing.approval, turn })
  const started = answers.flatMap(({ send }) => send ?? [])
  const waiting = state.asked.filter(({ id }) => !decisions[id])
  return new Command({
    update: {
      asked: waiting,
      messages: answers.flatMap(({ message }) => message ?? []),
      ledger: tasks.flatMap((task) => passedDown(task, decisions))
    },
    goto: started.length > 0 ? started : tasks.length > 0 ? 'attend' : waiting.length > 0 ? 'ask' : 'think'
  })
}

/** The task with the decisions on its child's asks; they travel down when the agent attends. */
function passedDown(task: OpenTask, decisions: Decisions): AskingTask[] {
  if (task.status !== 'asking' || !task.petitions.some(({ ask }) => decisions[ask.id])) return []
  const petitions = task.petitions.map((petition): Petition => {
    const decision = decisions[petition.ask.id]
    return decision ? { status: 'decided', ask: petition.ask, decision, by: { kind: 'person' } } : petition
  })
  return [{ ...task, petitions }]
}
