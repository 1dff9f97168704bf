import { type AIMessage, type BaseMessage, SystemMessage } from '@langchain/core/messages'
import { Command, END, type GraphNode, isGraphBubbleUp, type LangGraphRunnableConfig, Send } from '@langchain/langgraph'
import { accepted } from '../state/accepted.ts'
import type { AgentState, AgentUpdate } from '../state/agent.ts'
import { delayBefore } from '../state/back-off.ts'
import type { Call } from '../state/calls.ts'
import { type CallPiece, type Context, type ModelReply, type World, worldOf } from '../state/context.ts'
import { type Failure, messageOf, RuntimeError } from '../state/errors.ts'
import type { EventBody } from '../state/events.ts'
import { inView, lastWords, laterView, wrapsUp } from '../state/messages.ts'
import { isOpen, openBackground, openTasks, type Task, taskBase } from '../state/task-ledger.ts'
import { transience } from '../state/transient.ts'
import { handingOver, handOver, limitReached } from './hand-over.ts'
import { hindrance } from './hindrance.ts'
import { hookedReply, hookedView } from './hooked.ts'
import { type JudgedCall, judgedOf, known } from './judged.ts'
import type { Act } from './sent-call.ts'
import { type Tally, tally } from './tally.ts'
import { termsOf } from './terms.ts'

type Run = LangGraphRunnableConfig<Context>
interface Parts {
  readonly world: World
  readonly run: Run
  readonly counted: Tally
}

/**
 * Ask the model what to do next. Calls that policy plainly allows go straight to `act`; all others to `gate`. What background
 * tasks have come to it is told first.
 */
export const think: GraphNode<typeof AgentState, Context> = async (state, run) => {
  const signal = run.signal ?? NEVER
  signal.throwIfAborted()
  const world = worldOf(run)
  const background = openBackground(state.ledger)
  if (background.length > 0 && (await world.children.look(background)).length > 0)
    return new Command({ goto: 'attend' })
  if (laterView(state.messages, { from: state.viewFrom, size: world.charter.limits.view }))
    return new Command({ goto: 'compact' })
  if (state.retry) await world.sleep(state.retry.at - world.clock.now(), signal)

  const steering = await world.inbox.steering(state.messages)
  const told = steering.length > 0 ? [...state.messages, ...steering] : state.messages
  const known = handingOver(told)
  const limit = known ?? limitReached(told, world.charter)
  const hindered = limit || wrapsUp(told) ? undefined : hindrance({ ...state, messages: told }, world)
  if (hindered?.kind === 'ask') {
    await world.openAsk(hindered.ask)
    return new Command({ update: { messages: [...steering], asked: [hindered.ask] }, goto: 'ask' })
  }
  const added = [...steering]
  if (hindered) added.push(hindered.message)
  if (limit && !known) added.push(handOver(limit))
  const messages = added.length > 0 ? [...state.messages, ...added] : state.messages
  const ends = limit !== undefined || wrapsUp(messages)
  const asking = await withToolsOfNow(world, signal)
  const counted = tally(asking)
  const said = await replyTo({ ...state, messages }, { world: asking, run, counted })
  await counted.recorded()
  return next(said, { state, added, limit, ends, world: asking })
}

async function withToolsOfNow(world: World, signal: AbortSignal): Promise<World> {
  return world.tools.refresh ? { ...world, tools: await world.tools.refresh(signal) } : world
}

type Said = { reply: ModelReply } | { again: AgentUpdate }

/** What the reply makes of the turn: its end, calls, or another attempt. */
async function next(
  said: Said,
  about: Ending & { added: readonly BaseMessage[]; world: World }
): Promise<Command<unknown, AgentUpdate>> {
  const { state, added, world } = about
  if ('again' in said) return new Command({ update: said.again, goto: 'think' })
  const { hooks } = world
  const { usage } = said.reply
  const message = hooks ? await hookedReply(said.reply, { world, hooks }) : said.reply.message
  const calls = callsOf(message)
  world.emit({ type: 'model.finished', text: message.text, calls, usage })
  if (world.tools.edition !== undefined && calls.length > 0) message.additional_kwargs.edition = world.tools.edition
  const update: AgentUpdate = { messages: [...added, message], usage, ...over(state) }
  if (calls.length === 0) return ended(message.text, { ...about, update })
  const told = added.length > 0 ? { ...state, messages: [...state.messages, ...added] } : state
  const judged = await judgedOf(message, calls, { world, ...known(told) })
  return new Command({ update, goto: whereTo(judged, { world, state }) })
}

interface Ending {
  readonly state: AgentState
  /** For which the agent hands over. */
  readonly limit: Failure | undefined
  /** Whether these were to be the agent's last words, whatever is left at work. */
  readonly ends: boolean
}

/**
 * The model has said its last words. Only a root's turn ends while background tasks are at work: any other waits for them, or,
 * where it was to end with what it has, cancels them.
 */
async function ended(
  text: string,
  { state, limit, ends, update, world }: Ending & { update: AgentUpdate; world: World }
): Promise<Command<unknown, AgentUpdate>> {
  const left = world.children.outlived ? [] : openBackground(state.ledger)
  if (left.length > 0 && !ends) return new Command({ update, goto: 'attend' })
  const stopped = await Promise.all(
    left.map((task) => world.children.cancel(task, 'its parent ended with what it had'))
  )
  world.children.heard(stopped.filter((task) => !isOpen(task)))
  const ledger = [...((update.ledger as Task[] | undefined) ?? []), ...stopped]
  const outcome = outcomeOf(text, { state, limit })
  return new Command({ update: { ...update, ...(ledger.length > 0 && { ledger }), outcome }, goto: END })
}

/** Without what LangChain adds to them: what is told live is what is kept. */
function callsOf({ tool_calls: calls = [] }: AIMessage): Call[] {
  return calls.map(({ id, name, args }) => ({ id: id!, name, args }))
}

/** Where one node can take all of the calls they go there at once; where they have to be sorted, to the gate. */
function whereTo(judged: readonly JudgedCall[], { world, state }: { world: World; state: AgentState }) {
  const kinds = new Set(judged.map(({ judgement }) => judgement.kind))
  if (kinds.size > 1) return 'gate'
  if (kinds.has('allow')) {
    const judgedOn = world.threadId
    const termsFor = termsOf(state, { world, count: judged.length })
    return judged.map(({ call }) => new Send('act', { call, next: 'think', judgedOn, ...termsFor(call) } satisfies Act))
  }
  return kinds.has('delegate') || kinds.has('task') ? 'dispatch' : 'gate'
}

/** A call that fails for a moment is a superstep of its own to come: how often it was tried outlives the process. */
async function replyTo(state: AgentState, { world, run, counted }: Parts): Promise<Said> {
  const attempt = state.retry?.attempt ?? 1
  let visible = false
  const onText = (text: string) => {
    visible = true
    world.emit({ type: 'model.delta', text })
  }
  const onCall = (piece: CallPiece) => world.emit(told(piece))
  const plain = viewOf(state, world)
  const view = world.hooks ? await hookedView(plain, { world, hooks: world.hooks }) : plain
  world.emit({ type: 'model.started' })
  try {
    const reply = await world.model.reply(view, {
      tools: world.tools.specs,
      config: run,
      thread: state.messages,
      noCalls: wrapsUp(state.messages),
      onUsage: counted.onUsage,
      ...(world.streaming && { onText, onCall })
    })
    return { reply }
  } catch (error) {
    run.signal?.throwIfAborted()
    if (isGraphBubbleUp(error)) throw error
    const now = world.clock.now()
    const { transient, ...wished } = visible ? { transient: false } : transience(error, { now })
    const wait = { backOff: world.charter.retries, ...wished, chance: world.chance() }
    const delayMs = transient ? delayBefore(attempt + 1, wait) : undefined
    if (delayMs === undefined) throw noReply(error, attempt)
    world.emit({ type: 'model.retried', attempt: attempt + 1, delayMs, error: messageOf(error) })
    return { again: { retry: { attempt: attempt + 1, at: now + delayMs }, usage: counted.used } }
  }
}

function told(piece: CallPiece): EventBody {
  if (piece.kind === 'started') return { type: 'call.started', toolCallId: piece.id, tool: piece.name }
  return { type: 'call.delta', toolCallId: piece.id, text: piece.text }
}

function noReply(error: unknown, attempts: number): RuntimeError {
  if (error instanceof RuntimeError) return error
  const often = attempts > 1 ? `, ${attempts} times over` : ''
  return new RuntimeError('MODEL_FAILED', `the model gave no reply${often}: ${messageOf(error)}`, { cause: error })
}

/** A turn that reached a limit has failed, with what it came to. */
function outcomeOf(
  text: string,
  { state, limit }: { state: AgentState; limit: Failure | undefined }
): NonNullable<AgentState['outcome']> {
  if (!limit) return { status: 'completed', text }
  const partial = text.trim() || lastWords(state.messages)
  return { status: 'failed', error: { ...limit, ...(partial && { partial }) } }
}

function viewOf(state: AgentState, { charter }: World): BaseMessage[] {
  const view = accepted(inView(state.messages, state.viewFrom))
  return charter.prompt.trim() ? [new SystemMessage(charter.prompt), ...view] : view
}

/** The model has replied: what was waited for is past, and what a stopped turn left open is closed in the books, but for the background. */
function over({ ledger, asked, retry }: AgentState): { ledger?: Task[]; asked?: []; retry?: null } {
  const reason = 'the turn that delegated it was stopped'
  const stopped = openTasks(ledger).filter(({ background }) => !background)
  const left = stopped.map((task) => ({ ...taskBase(task), status: 'cancelled' as const, reason }))
  return {
    ...(left.length > 0 && { ledger: left }),
    ...(asked.length > 0 && { asked: [] }),
    ...(retry && { retry: null })
  }
}

const NEVER = new AbortController().signal
