import { Command, type GraphNode } from '@langchain/langgraph'
import type { AgentState } from '../state/agent.ts'
import { type Context, type World, worldOf } from '../state/context.ts'
import { isOpen, type OpenTask, type Petition, type Task, taskBase } from '../state/task-ledger.ts'
import { reportMessage } from './results.ts'
import { currentTasks, ledgerWith, nextStop } from './standing.ts'

/** Hand decisions down, then wait for whatever comes first: a child settles, a child asks, an own ask is decided. */
export const attend: GraphNode<typeof AgentState, Context> = async (state, run) => {
  const world = worldOf(run)
  const tasks = await Promise.all(currentTasks(state).map((task) => handedDown(task, world)))
  const news = await world.children.next({
    tasks,
    asked: state.asked,
    failFast: world.charter.onFailure === 'stop',
    signal: run.signal ?? new AbortController().signal
  })
  if (news.kind === 'pausing') return new Command({ update: { ledger: tasks }, goto: 'attend' })
  if (news.kind !== 'tasks') return new Command({ update: { ledger: tasks }, goto: 'ask' })

  const known = new Map(tasks.map((task) => [task.id, task]))
  const moved = news.tasks.map((task) => withKnownPetitions(task, known.get(task.id)))
  const ledger = [...tasks, ...moved]
  const messages = moved.flatMap(reportMessage)
  if (world.charter.onFailure === 'stop') await stopSiblings(moved, { tasks, world })
  const after = {
    asked: state.asked,
    messages: [...state.messages, ...messages],
    ledger: ledgerWith(state.ledger, ledger)
  }
  return new Command({ update: { ledger, messages }, goto: nextStop(after) })
}

/** Delivers the decisions on a child's asks; what is delivered is off the desk. */
async function handedDown(task: OpenTask, { children }: World): Promise<OpenTask> {
  if (task.status !== 'asking') return task
  for (const petition of task.petitions)
    if (petition.status === 'decided') await children.decide(petition.ask, petition.decision, petition.by)
  const petitions = task.petitions.filter(({ status }) => status !== 'decided')
  return petitions.length > 0 ? { ...task, petitions } : { ...taskBase(task), status: 'running' }
}

/** One failed, and the others have to stop; that they have is the next news. */
async function stopSiblings(
  moved: readonly Task[],
  { tasks, world }: { tasks: readonly OpenTask[]; world: World }
): Promise<void> {
  const failed = moved.find(({ status }) => status === 'failed')
  if (!failed) return
  const settled = new Set(moved.filter((task) => !isOpen(task)).map(({ id }) => id))
  const others = tasks.filter(({ id }) => !settled.has(id))
  await world.children.stop(others, `another task, ${failed.path}, failed`)
}

/** What was sent up already is not arbitrated twice. */
function withKnownPetitions(task: Task, known: OpenTask | undefined): Task {
  if (task.status !== 'asking' || known?.status !== 'asking') return task
  const statusOf = new Map(known.petitions.map((petition) => [petition.ask.id, petition]))
  return { ...task, petitions: task.petitions.map((petition): Petition => statusOf.get(petition.ask.id) ?? petition) }
}
