import { type BaseMessage, SystemMessage } from '@langchain/core/messages'
import { Command, END, type GraphNode, isGraphBubbleUp, type LangGraphRunnableConfig, Send } from '@langchain/langgraph'
import type { AgentState, AgentUpdate } from '../state/agent.ts'
import type { Call } from '../state/calls.ts'
import { type Context, type World, worldOf } from '../state/context.ts'
import { messageOf, RuntimeError } from '../state/errors.ts'
import { inView, laterView, paired, repliesThisTurn, turnOf, wrapsUp } from '../state/messages.ts'
import { grantsIn } from '../state/remit.ts'
import { openBackground, openTasks, type Task, taskBase } from '../state/task-ledger.ts'
import type { Act } from './act.ts'
import { type JudgedCall, judgedOf } from './judged.ts'

/**
 * Ask the model what to do next. Calls that policy plainly allows go straight to `act`; all others to `gate`. What background
 * tasks have come to it is told first.
 */
export const think: GraphNode<typeof AgentState, Context> = async (state, run) => {
  run.signal?.throwIfAborted()
  const world = worldOf(run)
  const { limits } = world.charter
  const background = openBackground(state.ledger)
  if (background.length > 0 && (await world.children.look(background)).length > 0)
    return new Command({ goto: 'attend' })
  if (repliesThisTurn(state.messages) >= limits.steps) return stopped(limits.steps)
  if (laterView(state.messages, { from: state.viewFrom, size: limits.view })) return new Command({ goto: 'compact' })

  const steering = await world.inbox.steering(state.messages)
  const messages = steering.length > 0 ? [...state.messages, ...steering] : state.messages
  world.emit({ type: 'model.started' })
  const { message, usage } = await replyTo({ ...state, messages }, { world, run })
  const calls = (message.tool_calls ?? []) as Call[]
  world.emit({ type: 'model.finished', text: message.text, calls, usage })

  const update = { messages: [...steering, message], usage, ...abandoned(state) }
  if (calls.length === 0 && background.length > 0 && !world.children.outlived)
    return new Command({ update, goto: 'attend' })
  if (calls.length === 0)
    return new Command({ update: { ...update, outcome: { status: 'completed', text: message.text } }, goto: END })
  const grants = grantsIn(turnOf(state.messages), state.grants)
  return new Command({ update, goto: whereTo(judgedOf(message, calls, { world, grants })) })
}

/** Where one node can take all of the calls they go there at once; where they have to be sorted, to the gate. */
function whereTo(judged: readonly JudgedCall[]) {
  const kinds = new Set(judged.map(({ judgement }) => judgement.kind))
  if (kinds.size > 1) return 'gate'
  if (kinds.has('allow')) return judged.map(({ call }) => new Send('act', { call, next: 'think' } satisfies Act))
  return kinds.has('delegate') || kinds.has('task') ? 'dispatch' : 'gate'
}

async function replyTo(state: AgentState, { world, run }: { world: World; run: LangGraphRunnableConfig }) {
  const onText = (text: string) => world.emit({ type: 'model.delta', text })
  try {
    return await world.model.reply(viewOf(state, world), {
      tools: world.tools.specs,
      config: run,
      thread: state.messages,
      noCalls: wrapsUp(state.messages),
      ...(world.streaming && { onText })
    })
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

/** A new turn has begun: what a stopped one left open is closed in the books, but for what goes on in the background. */
function abandoned({ ledger, asked }: AgentState): { ledger?: Task[]; asked?: [] } {
  const reason = 'the turn that delegated it was stopped'
  const stopped = openTasks(ledger).filter(({ background }) => !background)
  const left = stopped.map((task) => ({ ...taskBase(task), status: 'cancelled' as const, reason }))
  return { ...(left.length > 0 && { ledger: left }), ...(asked.length > 0 && { asked: [] }) }
}
