import { Command, type GraphNode } from '@langchain/langgraph'
import type { AgentState } from '../state/agent.ts'
import { type Context, type News, type World, worldOf } from '../state/context.ts'
import { isOpen, type OpenTask, type Petition, type Task, taskBase } from '../state/task-ledger.ts'
import { reportsOn } from './reports.ts'
import { attendedTasks, awaitedTasks, isOver, ledgerWith, nextStop } from './standing.ts'
import { deadlineOf, isReached, pendingWaits } from './waits.ts'

/**
 * Hand decisions down, then wait for whatever comes first: a child settles, a child asks, an own ask is decided, the time of a
 * wait is over. Where nothing is waited for, just look how the background tasks stand.
 */
export const attend: GraphNode<typeof AgentState, Context> = async (state, run) => {
  const world = worldOf(run)
  const began = world.clock.now()
  const tasks = await Promise.all(attendedTasks(state).map((task) => handedDown(task, world)))
  const present = { ...state, ledger: ledgerWith(state.ledger, tasks) }
  const news = await newsFor(present, { world, signal: run.signal ?? new AbortController().signal })
  const spent = world.clock.now() - began
  const waits = pendingWaits(state).map((wait) => ({ ...wait, spentMs: wait.spentMs + spent }))
  const waited = Object.fromEntries(waits.map(({ callId, ...wait }) => [callId, wait]))
  if (news.kind === 'pausing') return new Command({ update: { ledger: tasks, waits: waited }, goto: 'attend' })
  if (news.kind !== 'tasks') return new Command({ update: { ledger: tasks, waits: waited }, goto: 'ask' })

  const known = new Map(tasks.map((task) => [task.id, task]))
  const moved = news.tasks.map((task) => withKnownPetitions(task, known.get(task.id)))
  if (world.charter.onFailure === 'stop') await stopSiblings(moved, { tasks, world })
  const reports = reportsOn(moved, { state: present, waits, world })
  world.children.heard(reports.ledger.filter((task) => task.background && !isOpen(task)))
  const ledger = [...tasks, ...reports.ledger]
  const after = {
    asked: state.asked,
    messages: [...state.messages, ...reports.messages],
    ledger: ledgerWith(state.ledger, ledger),
    waits: state.waits
  }
  const over = Object.fromEntries(reports.answered.map((callId) => [callId, null]))
  return new Command({
    update: { ledger, messages: [...reports.messages], waits: { ...waited, ...over } },
    goto: nextStop(after, world.children)
  })
}

type Present = Parameters<typeof awaitedTasks>[0] & Pick<AgentState, 'asked'>

async function newsFor(state: Present, { world, signal }: { world: World; signal: AbortSignal }): Promise<News> {
  const { children, clock } = world
  const attended = attendedTasks(state)
  const awaited = awaitedTasks(state, children)
  const waits = pendingWaits(state)
  if (awaited.length === 0 || waits.some((wait) => isReached(wait, state.ledger)))
    return { kind: 'tasks', tasks: await children.look(attended) }
  const over = isOver(state)
  return children.next({
    tasks: awaited,
    beside: attended.filter((task) => !awaited.includes(task)),
    asked: state.asked,
    failFast: world.charter.onFailure === 'stop',
    signal,
    enough(moved) {
      const after = ledgerWith(state.ledger, moved)
      return waits.some((wait) => isReached(wait, after)) || (over && moved.some((task) => !isOpen(task)))
    },
    until: deadlineOf(waits, clock.now())
  })
}

/** Delivers the decisions on a child's asks; what is delivered is off the desk. */
async function handedDown(task: OpenTask, { children }: World): Promise<OpenTask> {
  if (task.status !== 'asking') return task
  for (const petition of task.petitions)
    if (petition.status === 'decided') await children.decide(petition.ask, petition.decision, petition.by)
  const petitions = task.petitions.filter(({ status }) => status !== 'decided')
  return petitions.length > 0 ? { ...task, petitions } : { ...taskBase(task), status: 'running' }
}

/**
 * One failed, and the others that were delegated have to stop; that they have is the next news. What works in the background
 * is no part of the step.
 */
async function stopSiblings(
  moved: readonly Task[],
  { tasks, world }: { tasks: readonly OpenTask[]; world: World }
): Promise<void> {
  const failed = moved.find(({ status, background }) => status === 'failed' && !background)
  if (!failed) return
  const settled = new Set(moved.filter((task) => !isOpen(task)).map(({ id }) => id))
  const others = tasks.filter(({ id, background }) => !settled.has(id) && !background)
  await world.children.stop(others, `another task, ${failed.path}, failed`)
}

/** What was sent up already is not arbitrated twice. */
function withKnownPetitions(task: Task, known: OpenTask | undefined): Task {
  if (task.status !== 'asking' || known?.status !== 'asking') return task
  const statusOf = new Map(known.petitions.map((petition) => [petition.ask.id, petition]))
  return { ...task, petitions: task.petitions.map((petition): Petition => statusOf.get(petition.ask.id) ?? petition) }
}
