import { AIMessage, type AIMessageFields, type BaseMessage, isAIMessage, SystemMessage } from '@langchain/core/messages'
import { Command, END, type GraphNode, isGraphBubbleUp, type LangGraphRunnableConfig, Send } from '@langchain/langgraph'
import type { AgentState, AgentUpdate } from '../state/agent.ts'
import type { Call } from '../state/calls.ts'
import { type Context, type World, worldOf } from '../state/context.ts'
import { messageOf, RuntimeError } from '../state/errors.ts'
import { inView, laterView, paired, repliesThisTurn, turnOf } from '../state/messages.ts'
import { grantsIn } from '../state/remit.ts'
import { openTasks, type Task, taskBase } from '../state/task-ledger.ts'

/** Ask the model what to do next. Calls that policy plainly allows go straight to `act`; all others to `gate`. */
export const think: GraphNode<typeof AgentState, Context> = async (state, run) => {
  run.signal?.throwIfAborted()
  const world = worldOf(run)
  const { limits } = world.charter
  if (repliesThisTurn(state.messages) >= limits.steps) return stopped(limits.steps)
  if (laterView(state.messages, { from: state.viewFrom, size: limits.view })) return new Command({ goto: 'compact' })

  world.emit({ type: 'model.started' })
  const { message, usage } = await replyTo(viewOf(state, world), { world, run })
  const reply = withFreshCallIds(message, { before: state.messages, world })
  const calls = (reply.tool_calls ?? []) as Call[]
  world.emit({ type: 'model.finished', text: reply.text, calls, usage })

  const update = { messages: [reply], usage, ...abandoned(state) }
  if (calls.length === 0)
    return new Command({ update: { ...update, outcome: { status: 'completed', text: reply.text } }, goto: END })
  const grants = grantsIn(turnOf(state.messages), state.grants)
  const plain = calls.every((call) => world.tools.judge(call, { remits: world.remits, grants }).kind === 'allow')
  return new Command({
    update,
    goto: plain ? calls.map((call) => new Send('act', { call, next: 'think' })) : 'gate'
  })
}

async function replyTo(view: BaseMessage[], { world, run }: { world: World; run: LangGraphRunnableConfig }) {
  const onText = (text: string) => world.emit({ type: 'model.delta', text })
  try {
    return await world.model.reply(view, { tools: world.tools.specs, config: run, ...(world.streaming && { onText }) })
  } catch (error) {
    run.signal?.throwIfAborted()
    if (isGraphBubbleUp(error) || error instanceof RuntimeError) throw error
    throw new RuntimeError('MODEL_FAILED', `the model gave no reply: ${messageOf(error)}`, { cause: error })
  }
}

function stopped(steps: number): Command<unknown, AgentUpdate> {
  const message = `the turn took ${steps} model calls, the limit of this agent (limits.steps)`
  return new Command({ update: { outcome: { status: 'failed', error: { code: 'STEP_LIMIT', message } } }, goto: END })
}

function viewOf(state: AgentState, { charter }: World): BaseMessage[] {
  const view = paired(inView(state.messages, state.viewFrom))
  return charter.prompt ? [new SystemMessage(charter.prompt), ...view] : [...view]
}

/** Results and children are found by the id of their call, so an id that a provider uses again is replaced. */
function withFreshCallIds(
  reply: AIMessage,
  { before, world }: { before: readonly BaseMessage[]; world: World }
): AIMessage {
  if (!reply.tool_calls?.length) return reply
  const taken = new Set<string>()
  for (const message of before)
    if (isAIMessage(message)) for (const call of message.tool_calls ?? []) taken.add(call.id!)
  let renamed = false
  const calls = reply.tool_calls.map((call) => {
    const fresh = call.id !== undefined && !taken.has(call.id)
    const id = fresh ? call.id! : world.ids.next()
    taken.add(id)
    renamed ||= !fresh
    return { ...call, id }
  })
  if (!renamed) return reply
  return new AIMessage({ ...(reply.lc_kwargs as AIMessageFields), tool_calls: calls })
}

/** A new turn has begun: what a stopped one left open is closed in the books. */
function abandoned({ ledger, asked }: AgentState): { ledger?: Task[]; asked?: [] } {
  const reason = 'the turn that delegated it was stopped'
  const left = openTasks(ledger).map((task) => ({ ...taskBase(task), status: 'cancelled' as const, reason }))
  return { ...(left.length > 0 && { ledger: left }), ...(asked.length > 0 && { asked: [] }) }
}
