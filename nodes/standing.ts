import type { AgentState } from '../state/agent.ts'
import type { Ask } from '../state/asks.ts'
import { unsettledCalls } from '../state/messages.ts'
import { type OpenTask, openTasks, type TaskLedger } from '../state/task-ledger.ts'

type Standing = Pick<AgentState, 'messages' | 'ledger' | 'asked'>

/** The open tasks of the present step. What an earlier, stopped turn left open is nobody's any more. */
export function currentTasks({ messages, ledger }: Pick<Standing, 'messages' | 'ledger'>): OpenTask[] {
  const awaited = new Set(unsettledCalls(messages).map((call) => call.id))
  return openTasks(ledger).filter((task) => awaited.has(task.id))
}

/** What has to be decided above: the agent's own asks, then those of its children that it passed on. */
export function asksGoingUp({ asked, tasks }: { asked: readonly Ask[]; tasks: readonly OpenTask[] }): Ask[] {
  const escalated = tasks.flatMap((task) =>
    task.status === 'asking' ? task.petitions.filter(({ status }) => status === 'escalated') : []
  )
  return [...asked, ...escalated.map(({ ask }) => ask)]
}

/** Where the step goes on once nothing of it is running in this graph. */
export function nextStop({ messages, ledger, asked }: Standing): 'think' | 'attend' | 'arbitrate' | 'ask' | 'gate' {
  if (unsettledCalls(messages).length === 0) return 'think'
  const tasks = currentTasks({ messages, ledger })
  const petitions = tasks.flatMap((task) => (task.status === 'asking' ? task.petitions : []))
  if (petitions.some(({ status }) => status === 'new')) return 'arbitrate'
  if (petitions.some(({ status }) => status === 'decided')) return 'attend'
  if (tasks.some(({ status }) => status === 'running')) return 'attend'
  if (asked.length > 0 || petitions.length > 0) return 'ask'
  return 'gate'
}

/** The ledger as it will be once `tasks` are written. */
export function ledgerWith(ledger: TaskLedger, tasks: readonly { id: string }[]): TaskLedger {
  return { ...ledger, ...Object.fromEntries(tasks.map((task) => [task.id, task])) } as TaskLedger
}
