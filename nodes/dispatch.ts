import type { ToolMessage } from '@langchain/core/messages'
import { Command, type GraphNode } from '@langchain/langgraph'
import type { AgentState } from '../state/agent.ts'
import type { Judgement } from '../state/calls.ts'
import { type Context, type Delegation, type World, worldOf } from '../state/context.ts'
import type { Failure } from '../state/errors.ts'
import type { OpenTask, Task } from '../state/task-ledger.ts'
import { strangersIn } from '../state/untrusted.ts'
import type { Wait } from '../state/waits.ts'
import { asRequested } from './edition.ts'
import { type JudgedCall, judgedByRemits } from './judged.ts'
import { answered, type Books } from './operations.ts'
import { answerTo, described } from './reports.ts'
import { refusal } from './results.ts'
import { attendedTasks, ledgerWith, nextStop } from './standing.ts'

/**
 * Start the children that the model asked for, as far as depth, width and the budget allow; the rest is answered as refused.
 * Then do what it wants with background tasks.
 */
export const dispatch: GraphNode<typeof AgentState, Context> = async (state, run) => {
  const world = asRequested(state, worldOf(run))
  const judged = judgedByRemits(state, world)
  const atWork = attendedTasks(state).filter(({ status }) => status === 'running').length
  const places = placesLeft(world, atWork)
  const full = placesTaken(world)
  const untrusted = strangersIn(state)
  const delegations = judged
    .flatMap(delegationsIn)
    .map((each) => (untrusted === undefined ? each : { ...each, untrusted }))
  const starting = delegations.map(async (delegation, nth) => {
    const start = nth < places ? await started(delegation, world) : full
    return [delegation.id, start] as const
  })
  const starts = new Map(await Promise.all(starting))
  const tasks = [...starts.values()].filter(isTask)
  const messages = judged.flatMap((each) => answerToStart(each, starts))
  const { written, said, waits } = await operated(judged, {
    ledger: ledgerWith(state.ledger, tasks),
    world,
    room: places - tasks.length,
    full,
    untrusted
  })
  const update = { ledger: [...tasks, ...written], messages: [...messages, ...said], waits }
  const after = {
    ...state,
    ledger: ledgerWith(state.ledger, update.ledger),
    messages: [...state.messages, ...update.messages],
    waits: { ...state.waits, ...waits }
  }
  // What is neither for here nor asked about runs beside this, also where a grant that let it through is gone by now.
  const asked = new Set(state.asked.map(({ toolCallId }) => toolCallId))
  const alone = judged.every(({ call, judgement }) => isForHere(judgement) || asked.has(call.id))
  const next = nextStop(after, world.children)
  return new Command({ update, goto: alone && (next === 'attend' || next === 'think') ? next : 'settle' })
}

function isForHere({ kind }: Judgement): boolean {
  return kind === 'delegate' || kind === 'task'
}

function delegationsIn({ call, judgement }: JudgedCall): Delegation[] {
  if (judgement.kind === 'delegate') return [{ id: call.id, agent: judgement.agent, task: judgement.task }]
  if (judgement.kind !== 'task' || judgement.operation.op !== 'start') return []
  return judgement.operation.tasks.map(({ agent, task }, nth) => ({
    id: backgroundId(call.id, nth),
    agent,
    task,
    background: true
  }))
}

/** The same in a re-executed step, and unlike the id of any call. */
function backgroundId(callId: string, nth: number): string {
  return `${callId}.${nth + 1}`
}

async function started(delegation: Delegation, { children }: World): Promise<OpenTask | Failure> {
  return (await children.start(delegation)) ?? NO_MORE_AGENTS
}

function isTask(start: OpenTask | Failure): start is OpenTask {
  return 'threadId' in start
}

/** What a call that starts children is told at once: of a delegation only that it was not started. */
function answerToStart(judged: JudgedCall, starts: ReadonlyMap<string, OpenTask | Failure>): ToolMessage[] {
  const { call, judgement } = judged
  const each = delegationsIn(judged).map(({ id, agent }) => ({ agent, start: starts.get(id)! }))
  if (judgement.kind === 'delegate') return each.flatMap(({ start }) => (isTask(start) ? [] : refusal(call, start)))
  if (judgement.kind !== 'task' || judgement.operation.op !== 'start') return []
  const tasks = each.map(({ agent, start }) => (isTask(start) ? described(start) : { agent, error: start }))
  return [answerTo(call.id, { tasks })]
}

/** Does what is wanted of tasks that are there, call by call, in order. */
async function operated(judged: readonly JudgedCall[], books: Books) {
  const written: Task[] = []
  const said: ToolMessage[] = []
  const waits: Record<string, Wait> = {}
  for (const { call, judgement } of judged) {
    if (judgement.kind !== 'task' || judgement.operation.op === 'start') continue
    const ledger = ledgerWith(books.ledger, written)
    const done = await answered({ call, operation: judgement.operation }, { ...books, ledger })
    written.push(...(done.ledger ?? []))
    if (done.message) said.push(done.message)
    if (done.wait) waits[call.id] = done.wait
  }
  return { written, said, waits }
}

/** How many children more may be at work. */
function placesLeft({ charter, children }: World, atWork: number): number {
  return children.depthLeft <= 0 ? 0 : Math.max(0, charter.limits.width - atWork)
}

const NO_MORE_AGENTS: Failure = {
  code: 'BUDGET_EXCEEDED',
  message: 'the tree has as many agents as it may have; do the work yourself'
}

/** Why no more children may be at work. */
function placesTaken({ charter, children }: World): Failure {
  if (children.depthLeft <= 0)
    return { code: 'DEPTH_LIMIT', message: 'no more levels may stand below this agent; do the work yourself' }
  return {
    code: 'WIDTH_LIMIT',
    message: `${charter.limits.width} children may be at work at once; delegate again when some are done`
  }
}
