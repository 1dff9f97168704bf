import { isAIMessage } from '@langchain/core/messages'
import { END } from '@langchain/langgraph'
import type { AgentState } from '../state/agent.ts'
import type { Ask } from '../state/asks.ts'
import { unsettledCalls } from '../state/messages.ts'
import { type OpenTask, openBackground, openTasks, type TaskLedger } from '../state/task-ledger.ts'
import { isReached, pendingWaits } from './waits.ts'

type Standing = Pick<AgentState, 'messages' | 'ledger' | 'asked' | 'waits'>
type Step = Omit<Standing, 'asked'>

/** The open tasks of the present step. What an earlier, stopped turn left open is nobody's any more. */
export function currentTasks({ messages, ledger }: Pick<Standing, 'messages' | 'ledger'>): OpenTask[] {
  const awaited = new Set(unsettledCalls(messages).map((call) => call.id))
  return openTasks(ledger).filter((task) => awaited.has(task.id))
}

/** The tasks that are looked after: those of the present step, and those in the background. */
export function attendedTasks(state: Pick<Standing, 'messages' | 'ledger'>): OpenTask[] {
  return [...currentTasks(state), ...openBackground(state.ledger)]
}

/**
 * Those of them that this agent waits for. At the end of a turn that its background tasks may not outlive these are all
 * of them.
 */
export function awaitedTasks(state: Step, { outlived }: { outlived: boolean }): OpenTask[] {
  const background = openBackground(state.ledger)
  if (isOver(state)) return outlived ? [] : background
  const awaited = new Set(pendingWaits(state).flatMap(({ ids }) => ids))
  return [...currentTasks(state), ...background.filter(({ id }) => awaited.has(id))]
}

/** The model has said its last words in this turn. */
export function isOver({ messages }: Pick<Standing, 'messages'>): boolean {
  const last = messages.at(-1)
  return last !== undefined && isAIMessage(last) && !last.tool_calls?.length
}

/** What has to be decided above: the agent's own asks, then those of its children that it passed on. */
export function asksGoingUp({ asked, tasks }: { asked: readonly Ask[]; tasks: readonly OpenTask[] }): Ask[] {
  const escalated = tasks.flatMap((task) =>
    task.status === 'asking' ? task.petitions.filter(({ status }) => status === 'escalated') : []
  )
  return [...asked, ...escalated.map(({ ask }) => ask)]
}

/** Where the step goes on once nothing of it is running in this graph. */
export function nextStop(
  state: Standing,
  { outlived }: { outlived: boolean }
): 'think' | 'attend' | 'arbitrate' | 'ask' | 'gate' | typeof END {
  const petitions = petitionsOf(attendedTasks(state))
  if (petitions.some(({ status }) => status === 'new')) return 'arbitrate'
  if (petitions.some(({ status }) => status === 'decided')) return 'attend'
  const settled = unsettledCalls(state.messages).length === 0
  if (settled && !isOver(state)) return 'think'
  if (settled && outlived) return END
  const awaited = awaitedTasks(state, { outlived })
  if (awaited.some(({ status }) => status === 'running')) return 'attend'
  if (pendingWaits(state).some((wait) => isReached(wait, state.ledger))) return 'attend'
  if (state.asked.length > 0 || petitionsOf(awaited).length > 0) return 'ask'
  return settled ? 'think' : 'gate'
}

function petitionsOf(tasks: readonly OpenTask[]) {
  return tasks.flatMap((task) => (task.status === 'asking' ? task.petitions : []))
}

/** The ledger as it will be once `tasks` are written. */
export function ledgerWith(ledger: TaskLedger, tasks: readonly { id: string }[]): TaskLedger {
  return { ...ledger, ...Object.fromEntries(tasks.map((task) => [task.id, task])) } as TaskLedger
}
