import type { RunnableConfig } from '@langchain/core/runnables'
import type { AskRecord } from '../state/asks.ts'
import type { ChildrenPort, Clock, Delegation, Waiting } from '../state/context.ts'
import type { Decider, Decision } from '../state/decisions.ts'
import { RuntimeError } from '../state/errors.ts'
import type { EventBody } from '../state/events.ts'
import { childThreadId, pathBelow } from '../state/ids.ts'
import type { Journal, RowWrite } from '../state/journal.ts'
import { isOpen, type OpenTask, type Task, taskBase } from '../state/task-ledger.ts'
import type { ThreadRecord } from '../state/threads.ts'
import type { Driver } from './drive.ts'
import type { Registry } from './registry.ts'
import type { RunHandle } from './run.ts'
import type { Standing } from './standing.ts'
import { threadOf } from './thread-of.ts'
import type { Upstreams } from './upstreams.ts'

export interface ChildrenParts {
  readonly registry: Registry
  readonly journal: Journal
  readonly clock: Clock
  readonly driver: Driver
  readonly upstreams: Upstreams
  /** Whether a root's turn may end while its background tasks are at work. */
  readonly outlivedRoots: boolean
  emit(body: EventBody): void
  keep(entry: { row: RowWrite; body?: EventBody }): Promise<boolean>
  /** Takes an agent on, if the tree may have one more. */
  enlist(child: Pick<ThreadRecord, 'threadId' | 'rootThreadId' | 'parentThreadId' | 'agent'>): boolean
  decide(ask: AskRecord['ask'], decision: Decision, by: Decider): Promise<void>
  /** Stops a thread and all below it, for good. */
  cancel(threadId: string, reason: string): Promise<void>
}

/** The children of the agent that runs on `parent`. `config` is that of the node that calls, where one does. */
export function childrenOf(
  parent: ThreadRecord,
  { run, config, ...parts }: ChildrenParts & { run: RunHandle; config?: RunnableConfig | undefined }
): ChildrenPort {
  const { registry, journal, clock, driver, upstreams } = parts
  const outlived = parts.outlivedRoots && parent.parentThreadId === null

  /** What may outlive the parent's run has no place in its stream. */
  function connect({ id, agent, threadId, background }: OpenTask): void {
    if (config && !(background && outlived)) upstreams.connect(threadId, { config, name: agent, taskId: id })
  }

  function newChild({ id, agent, task, background, untrusted }: Delegation): ThreadRecord {
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
      background: background ?? false,
      ...(untrusted !== undefined && { untrusted }),
      workspace: parent.workspace,
      policy: null,
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
    const open: OpenTask = { status: 'running', ...delegation, threadId, path }
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

  async function send({ task, id, text, reopens, untrusted }: Parameters<ChildrenPort['send']>[0]): Promise<void> {
    const { id: taskId, agent, threadId } = task
    const { rootThreadId } = parent
    if (reopens && outlived && (await isLetGo(threadId)))
      throw new RuntimeError('TASK_EXPIRED', `what the task "${taskId}" knew was let go; start another`)
    const known = await threadOf(journal, threadId)
    const thread = { ...known, background: true, ...(untrusted !== undefined && { untrusted }) }
    const letter = { id, rootThreadId, threadId, kind: 'follow-up', text, sentAt: clock.now() } as const
    // A task that was waited for has no call any more that waits for it.
    if (!task.background || thread.untrusted !== known.untrusted) await parts.keep({ row: { kind: 'thread', thread } })
    await parts.keep({
      row: { kind: 'letter', letter },
      ...(reopens && { body: { type: 'task.started', taskId, agent, task: text, childThreadId: threadId } })
    })
    run.signal.throwIfAborted()
    if (thread.status !== 'asking' || driver.running(threadId)) void driver.drive(thread)
  }

  /** By retention: its row is there, and nothing else of it. */
  async function isLetGo(threadId: string): Promise<boolean> {
    return (await journal.checkpoints(parent.rootThreadId, { threadId, limit: 1 })).length === 0
  }

  async function cancel(task: OpenTask, reason: string): Promise<Task> {
    const [moved] = await look([task])
    if (moved && !isOpen(moved)) return moved
    await parts.cancel(task.threadId, reason)
    return { ...taskBase(task), status: 'cancelled', reason }
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
    return (driver.running(task.threadId) ? undefined : driver.standing(task.threadId)) ?? 'busy'
  }

  async function standingsOf(tasks: readonly OpenTask[], settledAsks: ReadonlySet<string>) {
    return Promise.all(tasks.map(async (task) => ({ task, standing: await standingOf(task, settledAsks) })))
  }

  async function look(tasks: readonly OpenTask[]): Promise<readonly Task[]> {
    const settledAsks = await noLongerOpen(tasks.flatMap((task) => knownAsks(task, driver)))
    const standings = await standingsOf(tasks, settledAsks)
    return standings.flatMap(({ task, standing }) => (standing === 'busy' ? [] : changed(task, standing)))
  }

  // The parent goes on only when all of its children have settled, so those that have wait for it, and for the one
  // superstep in which all of them are written, unless something has to be decided. The bell of the tree rings with every
  // look for letters too: so it is seen that the time is over.
  async function next({ tasks, beside, asked, failFast, signal, enough = () => false, until }: Waiting) {
    const announced = new Set<string>()
    const isUrgent = ({ status, background }: Task) =>
      status === 'asking' || (failFast && !background && status === 'failed')
    while (true) {
      signal.throwIfAborted()
      if (run.control?.drainRequested) return { kind: 'pausing' } as const
      const change = driver.changes(parent.rootThreadId).next()
      const all = [...tasks, ...beside]
      const settledAsks = await noLongerOpen([
        ...asked.map(({ id }) => id),
        ...all.flatMap((task) => knownAsks(task, driver))
      ])
      const standings = await standingsOf(tasks, settledAsks)
      const moved = standings.flatMap(({ task, standing }) => (standing === 'busy' ? [] : changed(task, standing)))
      const asking = (await standingsOf(beside, settledAsks))
        .flatMap(({ task, standing }) => (standing === 'busy' ? [] : changed(task, standing)))
        .filter(({ status }) => status === 'asking')
      for (const task of moved) if (!task.background) announce(task, announced)
      const still = standings.every(({ standing }) => standing !== 'busy')
      const decided = asked.some(({ id }) => settledAsks.has(id))
      const urgent = asking.length > 0 || moved.some(isUrgent)
      const over = until !== undefined && clock.now() >= until
      const settled = moved.some(({ background }) => !background) && (still || decided)
      if (over || urgent || settled || enough(moved)) {
        for (const { threadId, status, background } of moved)
          if (status !== 'asking' && !background) driver.forget(threadId)
        return { kind: 'tasks', tasks: [...moved, ...asking] } as const
      }
      if (decided) return { kind: 'decided' } as const
      if (still) return { kind: 'quiet' } as const
      await whicheverFirst(change, signal)
    }
  }

  async function noLongerOpen(askIds: readonly string[]): Promise<ReadonlySet<string>> {
    if (askIds.length === 0) return NONE
    const records = await journal.asks(askIds)
    return new Set(records.filter(({ status }) => status !== 'open').map(({ ask }) => ask.id))
  }

  function heard(tasks: readonly Task[]): void {
    for (const task of tasks) {
      driver.forget(task.threadId)
      announce(task, new Set())
    }
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
    outlived,
    start,
    next: (waiting) => (run.slot ? run.slot.without(() => next(waiting)) : next(waiting)),
    look,
    heard,
    send,
    cancel,
    async stop(tasks, reason) {
      for (const { threadId } of tasks) await parts.cancel(threadId, reason)
    },
    judge: ({ path, toolCallId: id, tool: name, args }, authority) =>
      registry.at(path).judge({ id, name, args: args as Record<string, unknown> }, { ...authority, grants: [] }),
    decide: parts.decide
  }
}

const NONE: ReadonlySet<string> = new Set()

function knownAsks(task: OpenTask, driver: Driver): string[] {
  const outcome = driver.standing(task.threadId)?.outcome
  return outcome?.status === 'asking' ? outcome.asks.map(({ id }) => id) : []
}

/** The task as its child now stands, if that is not how the ledger has it. With its words comes whose text is in them. */
function changed(task: OpenTask, { outcome, usage, untrusted = task.untrusted }: Standing): Task[] {
  const base = taskBase(task)
  const told = { ...base, usage, ...(untrusted !== undefined && { untrusted }) }
  switch (outcome.status) {
    case 'completed':
      return [{ ...told, status: 'completed', result: outcome.text }]
    case 'failed':
      return [{ ...told, status: 'failed', error: outcome.error }]
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
