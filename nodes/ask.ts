import type { BaseMessage } from '@langchain/core/messages'
import { Command, type GraphNode, interrupt, Send } from '@langchain/langgraph'
import type { AgentState } from '../state/agent.ts'
import type { Ask, Waiting } from '../state/asks.ts'
import type { Call } from '../state/calls.ts'
import { type Context, type World, worldOf } from '../state/context.ts'
import { type Approval, type Decision, Decision as DecisionSchema, Decisions } from '../state/decisions.ts'
import { turnOf, unsettledCalls } from '../state/messages.ts'
import type { AskingTask, OpenTask, Petition } from '../state/task-ledger.ts'
import { argsHash } from '../tools/args-hash.ts'
import { goneOn } from './gone-on.ts'
import { refusal } from './results.ts'
import { asksGoingUp, attendedTasks } from './standing.ts'

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

  const world = worldOf(run)
  const calls = new Map((unsettledCalls(state.messages) as Call[]).map((call) => [call.id, world.tools.complete(call)]))
  const turn = turnOf(state.messages)
  const decided = state.asked.filter(({ id }) => decisions[id])
  const answers: Answer[] = await Promise.all(
    decided.map((own) => {
      const decision = decisions[own.id]!
      if (own.kind !== 'permission') return goneOn(own, { decision, world })
      return answered(own, { call: calls.get(own.toolCallId), decision, world })
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

/** A resume value is decisions by ask id; where one thing was asked, the decision itself will do. */
function decisionsFrom(value: unknown, asks: readonly Ask[]): Decisions {
  const single = asks.length === 1 ? DecisionSchema.safeParse(value) : undefined
  if (single?.success) return { [asks[0]!.id]: single.data }
  const several = Decisions.safeParse(value)
  return several.success ? several.data : {}
}

interface Answering {
  call: Call | undefined
  decision: Decision
  world: World
}

interface Answer {
  send?: Send
  message?: BaseMessage
  /** What is approved beyond this one call. */
  standing?: { ask: Ask; approval: Approval }
}

/** A decision opens exactly the call that was asked for, or the one that it was edited to, unless that is denied by now. */
function answered(own: Ask, { call, decision, world }: Answering): Answer {
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
  const judgement = world.tools.judge(approved, { remits: world.remits, grants: [] })
  if (judgement.kind === 'invalid')
    return { message: refusal(call, { code: 'BAD_ARGUMENTS', message: judgement.reason }) }
  if (judgement.kind === 'deny') return { message: refusal(call, { code: 'DENIED', message: judgement.reason }) }
  return {
    send: new Send('act', { call: approved, next: 'settle' }),
    ...(decision.kind === 'approve' && decision.scope !== 'once' && { standing: { ask: own, approval: decision } })
  }
}

function rejection(reason: string): string {
  return reason || 'it was not allowed; do not try the same again, find another way or say what is needed'
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
