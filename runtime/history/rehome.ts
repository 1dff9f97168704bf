import type { AgentState } from '../../state/agent.ts'
import type { Ask } from '../../state/asks.ts'
import type { Repeat } from '../../state/branches.ts'
import { askIdOf } from '../../state/ids.ts'
import type { Petition, Task } from '../../state/task-ledger.ts'

type Values = Record<string, unknown>

/** Where values are to stand, and what would be done again there unless it is asked about. */
export interface Home {
  readonly threads: ReadonlyMap<string, string>
  readonly repeats: readonly Repeat[]
}

/**
 * The values of a checkpoint as they read on another thread: asks and tasks name the threads of the new branch, so that
 * an answer given on the old one is worth nothing here. An ask whose call was done there says so, and a decision on it that was
 * on its way down is none any more: it goes up, to a person. `threads` maps old thread ids to new ones. Pure.
 */
export function rehomed(values: Values, home: Home): Values {
  const { asked, ledger } = values as Partial<AgentState>
  if (!asked && !ledger) return values
  const moved = Object.entries(ledger ?? {}).map(([id, task]) => [id, rehomedTask(task, home)])
  return {
    ...values,
    ...(asked && { asked: asked.map((ask) => rehomedAsk(ask, home)) }),
    ...(ledger && { ledger: Object.fromEntries(moved) })
  }
}

function rehomedTask(task: Task, home: Home): Task {
  const threadId = home.threads.get(task.threadId) ?? task.threadId
  if (task.status !== 'asking') return { ...task, threadId }
  const petitions = task.petitions.map((petition): Petition => {
    const ask = rehomedAsk(petition.ask, home)
    return petition.status === 'decided' && ask.doneBefore ? { status: 'escalated', ask } : { ...petition, ask }
  })
  return { ...task, threadId, petitions }
}

function rehomedAsk(ask: Ask, { threads, repeats }: Home): Ask {
  const threadId = threads.get(ask.threadId) ?? ask.threadId
  const done = repeats.find(({ tool, argsHash }) => tool === ask.tool && argsHash === ask.argsHash)
  const doneBefore = done && { threadId: done.threadId, toolCallId: done.toolCallId, startedAt: done.startedAt }
  return { ...ask, threadId, id: askIdOf(threadId, ask.toolCallId), ...(doneBefore && { doneBefore }) }
}
