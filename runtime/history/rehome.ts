import type { AgentState } from '../../state/agent.ts'
import type { Ask } from '../../state/asks.ts'
import { askIdOf } from '../../state/ids.ts'
import type { Petition, Task } from '../../state/task-ledger.ts'

type Values = Record<string, unknown>

/**
 * The values of a checkpoint as they read on another thread: asks and tasks name the threads of the new branch, so that
 * an answer given on the old one is worth nothing here. `threads` maps old thread ids to new ones. Pure.
 */
export function rehomed(values: Values, threads: ReadonlyMap<string, string>): Values {
  const { asked, ledger } = values as Partial<AgentState>
  if (!asked && !ledger) return values
  const moved = Object.entries(ledger ?? {}).map(([id, task]) => [id, rehomedTask(task, threads)])
  return {
    ...values,
    ...(asked && { asked: asked.map((ask) => rehomedAsk(ask, threads)) }),
    ...(ledger && { ledger: Object.fromEntries(moved) })
  }
}

function rehomedTask(task: Task, threads: ReadonlyMap<string, string>): Task {
  const threadId = threads.get(task.threadId) ?? task.threadId
  if (task.status !== 'asking') return { ...task, threadId }
  const petitions = task.petitions.map(
    (petition): Petition => ({ ...petition, ask: rehomedAsk(petition.ask, threads) })
  )
  return { ...task, threadId, petitions }
}

function rehomedAsk(ask: Ask, threads: ReadonlyMap<string, string>): Ask {
  const threadId = threads.get(ask.threadId) ?? ask.threadId
  return { ...ask, threadId, id: askIdOf(threadId, ask.toolCallId) }
}
