import { Command, type GraphNode, interrupt, Send } from '@langchain/langgraph'
import type { AgentState } from '../state/agent.ts'
import type { Ask, Waiting } from '../state/asks.ts'
import type { Call } from '../state/calls.ts'
import { type Context, type World, worldOf } from '../state/context.ts'
import { type Decision, Decision as DecisionSchema, Decisions } from '../state/decisions.ts'
import { turnOf, unsettledCalls } from '../state/messages.ts'
import { type Grant, grantsIn } from '../state/remit.ts'
import type { AskingTask, OpenTask, Petition } from '../state/task-ledger.ts'
import { argsHash } from '../tools/args-hash.ts'
import { refusal } from './results.ts'
import { asksGoingUp, attendedTasks } from './standing.ts'

/**
 * Put before whoever stands above what this agent cannot decide: its own calls, and what its children ask. The interrupt
 * is the node's only effect. Resumed with decisions for some of the asks it goes on with these; with none, it looks after
 * its children again.
 */
export const ask: GraphNode<typeof AgentState, Context> = (state, run) => {
  const tasks = attendedTasks(state)
  const asks = asksGoingUp({ asked: state.asked, tasks })
  const decisions = decisionsFrom(interrupt<Waiting, unknown>({ asks }), asks)

  const world = worldOf(run)
  const calls = new Map((unsettledCalls(state.messages) as Call[]).map((call) => [call.id, world.tools.complete(call)]))
  const turn = turnOf(state.messages)
  const authority = { world, grants: grantsIn(turn, state.grants) }
  const decided = state.asked.filter(({ id }) => decisions[id])
  const answers = decided.map((own) =>
    answered(own, { call: calls.get(own.toolCallId), decision: decisions[own.id]!, ...authority })
  )
  const started = answers.flatMap(({ send }) => send ?? [])
  const waiting = state.asked.filter(({ id }) => !decisions[id])
  return new Command({
    update: {
      asked: waiting,
      messages: answers.flatMap(({ message }) => message ?? []),
      grants: decided.flatMap((own) => grantFrom(own, { decision: decisions[own.id]!, turn })),
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
  grants: readonly Grant[]
}

/** A decision opens exactly the call that was asked for; other arguments are judged again. */
function answered(own: Ask, { call, decision, world, grants }: Answering) {
  if (!call) return {}
  if (argsHash(call.args) !== own.argsHash)
    return {
      message: refusal(call, { code: 'BAD_DECISION', message: 'the decision is for other arguments than these' })
    }
  if (decision.kind === 'approve') return { send: new Send('act', { call, next: 'settle' }) }
  if (decision.kind === 'reject')
    return { message: refusal(call, { code: 'REJECTED', message: rejection(decision.reason) }) }
  if (decision.kind === 'answer')
    return {
      message: refusal(call, { code: 'BAD_DECISION', message: 'a permission was asked for and a value was given' })
    }
  const edited = { ...call, args: decision.args }
  const judgement = world.tools.judge(edited, { remits: world.remits, grants })
  if (judgement.kind === 'invalid')
    return { message: refusal(call, { code: 'BAD_ARGUMENTS', message: judgement.reason }) }
  if (judgement.kind === 'deny') return { message: refusal(call, { code: 'DENIED', message: judgement.reason }) }
  return { send: new Send('act', { call: edited, next: 'settle' }) }
}

function rejection(reason: string): string {
  return reason || 'it was not allowed; do not try the same again, find another way or say what is needed'
}

function grantFrom(own: Ask, { decision, turn }: { decision: Decision; turn: string }): Grant[] {
  if (decision.kind !== 'approve' || decision.scope === 'once') return []
  return [{ tool: own.tool, argsHash: own.argsHash, scope: decision.scope, askId: own.id, turn }]
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
