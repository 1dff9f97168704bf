// What tasks came to, as the model reads it. A background task is in the ledger as ended from the superstep on that tells of
// it: so it is told once, wherever a process dies.
import { type BaseMessage, HumanMessage, ToolMessage } from '@langchain/core/messages'
import type { AgentState } from '../state/agent.ts'
import type { World } from '../state/context.ts'
import type { Failure } from '../state/errors.ts'
import { unsettledCalls } from '../state/messages.ts'
import { isOpen, type Task, type TaskLedger } from '../state/task-ledger.ts'
import { TASK } from '../tools/task.ts'
import { reportMessage } from './results.ts'
import { isOver, ledgerWith } from './standing.ts'
import { isLate, isReached, type PendingWait } from './waits.ts'

/** What is written of tasks that have moved. */
export interface Reports {
  readonly ledger: readonly Task[]
  readonly messages: readonly BaseMessage[]
  /** The waits that have their answer. */
  readonly answered: readonly string[]
}

type Standing = Pick<AgentState, 'messages' | 'ledger'>

/**
 * Tells of what has moved: a delegated task as the result of its call; a background task as the result of the wait that
 * waited for it, or by itself, once no call of the step is without its result. What cannot be told yet stays as it was.
 */
export function reportsOn(
  moved: readonly Task[],
  { state, waits, world }: { state: Standing; waits: readonly PendingWait[]; world: World }
): Reports {
  const after = ledgerWith(state.ledger, moved)
  const answered = waits.filter((wait) => isReached(wait, after) || isLate(wait))
  const told = new Set(answered.flatMap((wait) => wait.ids))
  const ended = moved.filter((task) => task.background && !isOpen(task))
  const atOnce = moved.filter((task) => !ended.includes(task) || told.has(task.id))
  const results = [
    ...moved.filter(({ background }) => !background).flatMap(reportMessage),
    ...answered.map((wait) => waitResult(wait, after))
  ]
  const written = { ledger: atOnce, messages: results, answered: answered.map(({ callId }) => callId) }
  if (unsettledCalls([...state.messages, ...results]).length > 0) return written
  const rest = ended.filter(({ id }) => !told.has(id))
  const begins = world.children.outlived && isOver(state)
  const messages = rest.map((task, nth) => report(task, { id: world.ids.next(), begins: begins && nth === 0 }))
  return { ...written, ledger: [...atOnce, ...rest], messages: [...results, ...messages] }
}

/** A report to an agent whose turn is over begins a turn; to one in the middle of a turn it is a part of that. */
function report(task: Task, { id, begins }: { id: string; begins: boolean }): HumanMessage {
  return new HumanMessage({
    id,
    content: `A background task has ended. This is its report, not a message of whoever you work for:\n${told(described(task))}`,
    additional_kwargs: { ...(!begins && { steer: true }), report: task.id }
  })
}

function waitResult(wait: PendingWait, ledger: TaskLedger): ToolMessage {
  const tasks = wait.ids.map((id) => (Object.hasOwn(ledger, id) ? described(ledger[id]!) : unknownTask(id)))
  return answerTo(wait.callId, { tasks, ...(!isReached(wait, ledger) && { timedOut: true }) })
}

/** How a task stands, with what it came to. */
export function described(task: Task): Readonly<Record<string, unknown>> {
  const { id, agent, status } = task
  if (status === 'completed') return { id, agent, status, result: task.result }
  if (status === 'failed') return { id, agent, status, error: task.error }
  if (status === 'cancelled') return { id, agent, status, reason: task.reason }
  return { id, agent, status }
}

/** An id that is not in this agent's own ledger, whoever's it is. */
export function unknownTask(id: string): { id: string; error: Failure } {
  return { id, error: { code: 'UNKNOWN_TASK', message: `this agent has no task "${id}"; op "status" lists them` } }
}

/** The result of a `task` call. It is an error where nothing of what was wanted could be done. */
export function answerTo(callId: string, answer: { tasks: readonly object[] }): ToolMessage {
  const failed = answer.tasks.length > 0 && answer.tasks.every((task) => 'error' in task && !('status' in task))
  return new ToolMessage({
    tool_call_id: callId,
    name: TASK,
    content: told(answer),
    ...(failed && { status: 'error' as const })
  })
}

function told(value: unknown): string {
  return JSON.stringify(value)
}
