import type { RunnableConfig } from '@langchain/core/runnables'
import type { AskRecord } from '../state/asks.ts'
import type { ChildrenPort, Clock, Delegation } from '../state/context.ts'
import type { Decider, Decision } from '../state/decisions.ts'
import { RuntimeError } from '../state/errors.ts'
import type { EventBody } from '../state/events.ts'
import { childThreadId, pathBelow } from '../state/ids.ts'
import type { Journal, RowWrite } from '../state/journal.ts'
import { type OpenTask, type Task, taskBase } from '../state/task-ledger.ts'
import type { ThreadRecord } from '../state/threads.ts'
import type { Driver } from './drive.ts'
import type { Registry } from './registry.ts'
import type { RunHandle } from './run.ts'
import type { Standing } from './standing.ts'
import type { Upstreams } from './upstreams.ts'

export interface ChildrenParts {
  readonly registry: Registry
  readonly journal: Journal
  readonly clock: Clock
  readonly driver: Driver
  readonly upstreams: Upstreams
  emit(body: EventBody): void
  keep(entry: { row: RowWrite; body: EventBody }): Promise<boolean>
  /** Takes an agent on, if the tree may have one more. */
  enlist(child: Pick<ThreadRecord, 'threadId' | 'rootThreadId' | 'parentThreadId' | 'agent'>): boolean
  decide(ask: AskRecord['ask'], decision: Decision, by: Decider): Promise<void>
  stop(tasks: readonly OpenTask[], reason: string): Promise<void>
}

/** The children of the agent that runs on `parent`. `config` is that of the node that calls, where one does. */
export function childrenOf(
  parent: ThreadRecord,
  { run, config, ...parts }: ChildrenParts & { run: RunHandle; config?: RunnableConfig | undefined }
): ChildrenPort {
  const { registry, journal, clock, driver, upstreams } = parts

  function connect({ id, agent, threadId }: Pick<OpenTask, 'id' | 'agent' | 'threadId'>): void {
    if (config) upstreams.connect(threadId, { config, name: agent, taskId: id })
  }

  function newChild({ id, agent, task }: Delegation): ThreadRecord {
    const at = clock.now()
    return {
      threadId: childThreadId(parent.threadId, id),
      rootThreadId: parent.rootThreadId,
      parentThreadId: parent.threadId,
      principal: parent.principal,
      taskId: id,
      agent: registry.agent(agent).charter.name,
      path: pathBelow(parent.path, agent),
      task,
      workspace: parent.workspace,
      status: 'running',
      createdAt: at,
      updatedAt: at
    }
  }

  async function start(delegation: Delegation): Promise<OpenTask | undefined> {
    run.signal.throwIfAborted()
    const { id, agent, task } = delegation
    const child = newChild(delegation)
    const { threadId, path } = child
    const open: OpenTask = { status: 'running', id, agent, task, threadId, path }
    if (!parts.enlist(child)) return undefined
    if (driver.running(threadId) || (await journal.thread(threadId))) return open
    await parts.keep({
      row: { kind: 'thread', thread: child },
      body: { type: 'task.started', taskId: id, agent, task, childThreadId: threadId }
    })
    connect(open)
    run.signal.throwIfAborted()
    void driver.drive(child, { input: task })
    return open
  }

  /** How a child stands now; `busy` while it runs. A child that nobody drives is driven on. */
  async function standingOf(task: OpenTask, settledAsks: ReadonlySet<string>): Promise<Standing | 'busy'> {
    if (driver.running(task.threadId)) return 'busy'
    const standing = driver.standing(task.threadId)
    const moves = standing?.outcome.status === 'asking' && standing.outcome.asks.some(({ id }) => settledAsks.has(id))
    if (standing && !moves && standing.outcome.status !== 'paused') return standing
    const thread = await journal.thread(task.threadId)
    if (!thread)
      throw new RuntimeError(
        'UNKNOWN_THREAD',
        `the thread ${task.threadId} of the task ${task.id} is not in this store`
      )
    connect(task)
    void driver.drive(thread)
    return 'busy'
  }

  // The parent goes on only when all of its children have settled, so those that have wait for it, and for the one
  // superstep in which all of them are written, unless something has to be decided.
  const next: ChildrenPort['next'] = async ({ tasks, asked, failFast, signal }) => {
    const announced = new Set<string>()
    const isUrgent = ({ status }: Task) => status === 'asking' || (failFast && status === 'failed')
    while (true) {
      signal.throwIfAborted()
      if (run.control?.drainRequested) return { kind: 'pausing' }
      const change = driver.changes(parent.rootThreadId).next()
      const settledAsks = await noLongerOpen([
        ...asked.map(({ id }) => id),
        ...tasks.flatMap((task) => knownAsks(task, driver))
      ])
      const standings = await Promise.all(
        tasks.map(async (task) => ({ task, standing: await standingOf(task, settledAsks) }))
      )
      const moved = standings.flatMap(({ task, standing }) => (standing === 'busy' ? [] : changed(task, standing)))
      for (const task of moved) announce(task, announced)
      const still = standings.every(({ standing }) => standing !== 'busy')
      const decided = asked.some(({ id }) => settledAsks.has(id))
      if (moved.length > 0 && (still || decided || moved.some(isUrgent))) {
        for (const { threadId, status } of moved) if (status !== 'asking') driver.forget(threadId)
        return { kind: 'tasks', tasks: moved }
      }
      if (decided) return { kind: 'decided' }
      if (still) return { kind: 'quiet' }
      await whicheverFirst(change, signal)
    }
  }

  async function noLongerOpen(askIds: readonly string[]): Promise<ReadonlySet<string>> {
    if (askIds.length === 0) return NONE
    const records = await journal.asks(askIds)
    return new Set(records.filter(({ status }) => status !== 'open').map(({ ask }) => ask.id))
  }

  function announce(task: Task, announced: Set<string>): void {
    if (task.status === 'running' || task.status === 'asking' || announced.has(task.id)) return
    announced.add(task.id)
    const { id: taskId, agent, status } = task
    parts.emit({ type: 'task.settled', taskId, agent, status, ...(status === 'failed' && { error: task.error }) })
  }

  return {
    agents: registry.agent(parent.agent).delegates.map(({ charter: { name, description } }) => ({ name, description })),
    depthLeft: registry.depthLeft(parent.path),
    start,
    next,
    stop: parts.stop,
    judge: ({ path, toolCallId: id, tool: name, args }, remits) =>
      registry.at(path).judge({ id, name, args: args as Record<string, unknown> }, { remits, grants: [] }),
    decide: parts.decide
  }
}

const NONE: ReadonlySet<string> = new Set()

function knownAsks(task: OpenTask, driver: Driver): string[] {
  const outcome = driver.standing(task.threadId)?.outcome
  return outcome?.status === 'asking' ? outcome.asks.map(({ id }) => id) : []
}

/** The task as its child now stands, if that is not how the ledger has it. */
function changed(task: OpenTask, { outcome, usage }: Standing): Task[] {
  const base = taskBase(task)
  switch (outcome.status) {
    case 'completed':
      return [{ ...base, status: 'completed', result: outcome.text, usage }]
    case 'failed':
      return [{ ...base, status: 'failed', error: outcome.error, usage }]
    case 'paused':
      return []
    case 'cancelled':
      return [{ ...base, status: 'cancelled', reason: outcome.reason }]
    case 'asking': {
      const known = new Set(task.status === 'asking' ? task.petitions.map(({ ask }) => ask.id) : [])
      const same = known.size === outcome.asks.length && outcome.asks.every(({ id }) => known.has(id))
      if (same) return []
      return [{ ...base, status: 'asking', petitions: outcome.asks.map((ask) => ({ status: 'new', ask })) }]
    }
  }
}

/** Settles with the change, or rejects with the signal's reason; leaves nothing behind. */
async function whicheverFirst(change: Promise<void>, signal: AbortSignal): Promise<void> {
  let stop = () => {}
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason)
    signal.addEventListener('abort', stop, { once: true })
  })
  try {
    await Promise.race([change, aborted])
  } finally {
    signal.removeEventListener('abort', stop)
  }
}
