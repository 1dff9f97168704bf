// One run of one thread, from wherever its checkpoints stand to an outcome.
//
// D1. A thread has at most one run here at a time; to drive it again is to join that run.
// D2. A run that is about to wait looks once more if it was asked to: a decision that came meanwhile is never slept through.
// D3. What fails is an outcome. Nothing is thrown at whoever waits.
// D4. After a cancel no run of the subtree starts, until somebody speaks to it again.
import { AsyncLocalStorageProviderSingleton } from '@langchain/core/singletons'
import { type BaseCheckpointSaver, Command, GraphRecursionError, type Interrupt } from '@langchain/langgraph'
import type { Ask, AskRecord } from '../state/asks.ts'
import type { Clock, Ids } from '../state/context.ts'
import { failureOf, RuntimeError } from '../state/errors.ts'
import type { EventBody } from '../state/events.ts'
import type { Journal } from '../state/journal.ts'
import type { Outcome } from '../state/outcome.ts'
import type { Grant } from '../state/remit.ts'
import type { ThreadRecord } from '../state/threads.ts'
import { addUsage, NO_USAGE, type Usage } from '../state/usage.ts'
import type { Agent, PortsOf } from './agent.ts'
import { type Bell, bell } from './bell.ts'
import { ledgerOf } from './dialects/deputy.ts'
import type { EventHub } from './events.ts'
import type { TreeLeases } from './leases.ts'
import type { Registry } from './registry.ts'
import type { Upstreams } from './upstreams.ts'

/** How a thread stood when its last run here ended: the outcome, and what it and its children have used. */
export interface Standing {
  readonly outcome: Outcome
  readonly usage: Usage
}

/** What a new turn is begun with. */
export interface Start {
  readonly input: string
  readonly grants: readonly Grant[]
  /** The letter that brought the input, which becomes the id of its message. */
  readonly letterId?: string
}

export interface Driver {
  /** Drives a thread until it has an outcome: a new turn with `start`, else on from where it stands. */
  drive(thread: ThreadRecord, start?: Start): Promise<Standing>
  running(threadId: string): boolean
  /** How the last run here ended, if there was one. */
  standing(threadId: string): Standing | undefined
  /** The bell of a tree: rings whenever a run of it begins or ends, or an ask is decided. */
  changes(rootThreadId: string): Bell
  /** Stops the runs of these threads and waits until they have ended. After `cancelled` none of them goes on by itself. */
  stop(threadIds: readonly string[], as: Stop): Promise<void>
  /** The threads that run here now. */
  active(): string[]
  /** How a thread stands that was stopped before it ran. */
  stopped(as: Stop): Standing
  /** Whether a run ended at once because another process drives the tree. */
  isElsewhere(standing: Standing): boolean
  /** Ends all runs of a tree whose lease is lost. */
  lose(rootThreadId: string): void
  /** Lets what `standing` knew of a thread go; its checkpoints still know it. */
  forget(threadId: string): void
}

export type Stop = Extract<Outcome, { status: 'paused' | 'cancelled' }>

export interface DriverParts {
  readonly registry: Registry
  readonly saver: BaseCheckpointSaver
  readonly journal: Journal
  readonly clock: Clock
  readonly ids: Ids
  readonly durability: 'sync' | 'async' | 'exit'
  readonly upstreams: Upstreams
  readonly leases: Pick<TreeLeases, 'hold' | 'release'>
  readonly events: Pick<EventHub, 'flush'>
  emit(thread: ThreadRecord, runId: string, body: EventBody): void
  portsOf(thread: ThreadRecord, run: RunHandle): PortsOf
}

/** What the ports of a run need of the run itself. */
export interface RunHandle {
  readonly runId: string
  readonly signal: AbortSignal
}

interface Run extends RunHandle {
  readonly rootThreadId: string
  readonly controller: AbortController
  ended: Promise<Standing>
  lookAgain: boolean
  /** The lease of the tree is somebody else's: nothing of this run is written any more. */
  lost: boolean
  /** What the graph's last superstep made of its state. */
  values?: unknown
}

/** Enough for any turn that `limits.steps` allows; LangGraph's own limit would end one in the middle. */
const RECURSION_LIMIT = 100_000

export function driver(parts: DriverParts): Driver {
  const { registry, saver, journal, clock, ids } = parts
  const runs = new Map<string, Run>()
  const standings = new Map<string, Standing>()
  const cancelled = new Set<string>()
  const bells = new Map<string, Bell>()

  function drive(thread: ThreadRecord, start?: Start): Promise<Standing> {
    const present = runs.get(thread.threadId)
    if (present) {
      if (start) throw new RuntimeError('THREAD_BUSY', `thread ${thread.threadId} is at work; wait for it or cancel it`)
      present.lookAgain = true
      return present.ended
    }
    if (start) cancelled.delete(thread.threadId)
    else if (isCancelled(thread)) return stayedCancelled(thread)
    const controller = new AbortController()
    const { rootThreadId } = thread
    const run = {
      runId: ids.next(),
      rootThreadId,
      controller,
      signal: controller.signal,
      lookAgain: false,
      lost: false
    } as Run
    runs.set(thread.threadId, run)
    standings.delete(thread.threadId)
    run.ended = apart(() => settled(thread, run, start))
    changes(rootThreadId).ring()
    return run.ended
  }

  function stayedCancelled({ threadId, rootThreadId }: ThreadRecord): Promise<Standing> {
    const standing = standings.get(threadId) ?? stopped(CANCELLED)
    standings.set(threadId, standing)
    changes(rootThreadId).ring()
    return Promise.resolve(standing)
  }

  function changes(rootThreadId: string): Bell {
    const present = bells.get(rootThreadId)
    if (present) return present
    const fresh = bell()
    bells.set(rootThreadId, fresh)
    return fresh
  }

  const isCancelled = ({ threadId, parentThreadId, status }: ThreadRecord) =>
    status === 'cancelled' || cancelled.has(threadId) || (parentThreadId !== null && cancelled.has(parentThreadId))

  async function settled(thread: ThreadRecord, run: Run, start: Start | undefined): Promise<Standing> {
    const { threadId, rootThreadId, parentThreadId } = thread
    let standing = await underLease(thread, run, start).catch(failed)
    while (run.lookAgain && standing.outcome.status === 'asking')
      standing = await underLease({ ...thread, status: 'asking' }, run).catch(failed)
    // Only a parent asks how a thread stood; of a root nothing is kept.
    if (parentThreadId !== null) standings.set(threadId, standing)
    runs.delete(threadId)
    parts.upstreams.disconnect(threadId)
    changes(rootThreadId).ring()
    if (!isActive(rootThreadId)) bells.delete(rootThreadId)
    return standing
  }

  async function underLease(thread: ThreadRecord, run: Run, start?: Start): Promise<Standing> {
    const { rootThreadId } = thread
    if (!(await parts.leases.hold(rootThreadId))) return elsewhere
    try {
      if (start) parts.emit(thread, run.runId, { type: 'turn.started', agent: thread.agent })
      const standing = await recorded(thread, run, start)
      if (!run.lost) parts.emit(thread, run.runId, { type: 'turn.finished', outcome: standing.outcome })
      await parts.events.flush(rootThreadId)
      return standing
    } finally {
      await parts.leases.release(rootThreadId)
    }
  }

  const isActive = (root: string) => [...runs.values()].some(({ rootThreadId }) => rootThreadId === root)

  /** To an outcome that the journal knows of, unless the tree is somebody else's by then. */
  async function recorded(thread: ThreadRecord, run: Run, start?: Start): Promise<Standing> {
    const { threadId, agent, status } = thread
    try {
      if (status !== 'running') await journal.setThreadStatus(threadId, 'running', clock.now())
      const standing = await toOutcome(thread, run, start).catch((error) => endedBy(error, run, registry.agent(agent)))
      if (isLost(standing)) run.lost = true
      if (!run.lost) await journal.setThreadStatus(threadId, standing.outcome.status, clock.now())
      return standing
    } catch (error) {
      return failed(error)
    }
  }

  /** Runs the graph, and again with whatever was decided meanwhile, until nothing is left to do here. */
  async function toOutcome(thread: ThreadRecord, run: Run, start: Start | undefined): Promise<Standing> {
    const agent = registry.agent(thread.agent)
    let next = start
      ? { input: agent.dialect.input(start.input, start.grants, start.letterId) }
      : await whereItStands(thread, agent)
    while (true) {
      const { values, interrupts } = 'input' in next ? await streamed(next.input, { thread, run, agent }) : next
      if (start?.letterId) await journal.takeLetter(start.letterId)
      if (interrupts.length === 0) return { outcome: agent.dialect.outcome(values), usage: usageOf(agent, values) }
      run.lookAgain = false
      const asks = agent.dialect.asks(interrupts, thread)
      const decided = await openedOrDecided(asks, { thread, run })
      const resume = agent.dialect.resume(interrupts, decided)
      if (resume) {
        for (const record of decided.values()) announce(record, { thread, run })
        next = { input: new Command({ resume }) }
      } else if (run.lookAgain) next = { values, interrupts }
      else {
        const open = asks.filter(({ id }) => decided.get(id)?.status !== 'decided')
        return { outcome: { status: 'asking', asks: open }, usage: usageOf(agent, values) }
      }
    }
  }

  type Position = { input: unknown } | { values: unknown; interrupts: readonly Interrupt[] }

  /** From the last checkpoint: what to go on with, or how the thread stands. */
  async function whereItStands(thread: ThreadRecord, agent: Agent): Promise<Position> {
    const config = { configurable: { thread_id: thread.threadId, __pregel_checkpointer: saver } }
    const state = await agent.graph.getState(config)
    if (!state.config?.configurable?.checkpoint_id) return { input: agent.dialect.input(thread.task, []) }
    const interrupts = state.tasks.flatMap((task) => task.interrupts)
    if (interrupts.length > 0) return { values: state.values, interrupts }
    if (state.next.length === 0) return { values: state.values, interrupts: [] }
    return { input: null }
  }

  async function streamed(input: unknown, { thread, run, agent }: { thread: ThreadRecord; run: Run; agent: Agent }) {
    run.signal.throwIfAborted()
    const upstream = parts.upstreams.of(thread.threadId)
    const modes = new Set(['values', ...(upstream?.modes ?? [])])
    const context = agent.context?.(parts.portsOf(thread, run))
    const stream = await agent.graph.stream(input, {
      configurable: { thread_id: thread.threadId, __pregel_checkpointer: saver },
      ...(context && { context }),
      signal: run.signal,
      durability: parts.durability,
      recursionLimit: RECURSION_LIMIT,
      streamMode: [...modes],
      subgraphs: upstream !== undefined
    })
    let interrupts: readonly Interrupt[] = []
    for await (const chunk of stream) {
      const [namespace, mode, data] = (upstream ? chunk : [[], ...(chunk as unknown[])]) as [
        string[],
        string,
        Record<string, unknown>
      ]
      upstream?.push([namespace, mode, data])
      if (mode !== 'values' || namespace.length > 0) continue
      if ('__interrupt__' in data) interrupts = data.__interrupt__ as Interrupt[]
      else run.values = data
    }
    run.signal.throwIfAborted()
    return { values: run.values, interrupts }
  }

  /** The thread that asked tells of the decision as it goes on with it; those above only look after it again. */
  function announce(record: AskRecord, { thread, run }: { thread: ThreadRecord; run: Run }): void {
    if (record.status !== 'decided' || record.ask.threadId !== thread.threadId) return
    const { ask, decision, by } = record
    parts.emit(thread, run.runId, { type: 'ask.decided', toolCallId: ask.toolCallId, ask, decision, by })
  }

  /** Makes asks known that are new, and gives the records of all of them. */
  async function openedOrDecided(asks: readonly Ask[], { thread, run }: { thread: ThreadRecord; run: Run }) {
    const known = new Map((await journal.asks(asks.map(({ id }) => id))).map((record) => [record.ask.id, record]))
    for (const ask of asks) {
      if (known.has(ask.id)) continue
      const at = clock.now()
      const isNew = await journal.openAsk({ ask, rootThreadId: thread.rootThreadId, at })
      if (isNew) parts.emit(thread, run.runId, { type: 'ask.opened', toolCallId: ask.toolCallId, ask })
      known.set(ask.id, { status: 'open', ask, rootThreadId: thread.rootThreadId, openedAt: at } satisfies AskRecord)
    }
    return known
  }

  /** The lease of a tree is gone: whatever of it runs here has to end, and to leave no trace. */
  function lose(root: string): void {
    for (const run of runs.values()) {
      if (run.rootThreadId !== root) continue
      run.lost = true
      run.controller.abort({ status: 'paused', reason: 'another process has taken the tree over' } satisfies Stop)
    }
  }

  async function stop(threadIds: readonly string[], as: Stop): Promise<void> {
    const ending = threadIds.flatMap((threadId) => {
      if (as.status === 'cancelled') cancelled.add(threadId)
      const run = runs.get(threadId)
      run?.controller.abort(as)
      if (!run && standings.has(threadId))
        standings.set(threadId, { outcome: as, usage: standings.get(threadId)!.usage })
      return run ? [run.ended] : []
    })
    await Promise.all(ending)
    for (const each of bells.values()) each.ring()
  }

  return {
    drive,
    stop,
    stopped,
    isElsewhere: (standing) => standing === elsewhere,
    lose,
    changes,
    forget: (threadId) => void standings.delete(threadId),
    active: () => [...runs.keys()],
    running: (threadId) => runs.has(threadId),
    standing: (threadId) => standings.get(threadId)
  }
}

/** A run belongs to no other run: inside the async context of its parent, its interrupts would unwind that one. */
function apart<T>(work: () => T): T {
  return AsyncLocalStorageProviderSingleton.runWithConfig({}, work, true)
}

const elsewhere = failed(new RuntimeError('THREAD_BUSY', 'another process drives the tree'))

function isLost({ outcome }: Standing): boolean {
  return outcome.status === 'failed' && outcome.error.code === 'LEASE_LOST'
}

const CANCELLED: Stop = { status: 'cancelled', reason: 'it was cancelled' }

function stopped(as: Stop): Standing {
  return { outcome: as, usage: NO_USAGE }
}

/** A stop is recognised by the signal, whatever the graph made of it. What was used until then was used. */
function endedBy(error: unknown, { signal, values }: Run, agent: Agent): Standing {
  const { outcome } = signal.aborted ? stopped(signal.reason as Stop) : failed(error)
  return { outcome, usage: usageOf(agent, values) }
}

function failed(error: unknown): Standing {
  const failure =
    error instanceof GraphRecursionError
      ? ({ code: 'STEP_LIMIT', message: error.message } as const)
      : failureOf(error, 'RUN_FAILED')
  return { outcome: { status: 'failed', error: failure }, usage: NO_USAGE }
}

/** Its own and that of the children that have reported to it. */
function usageOf(agent: Agent, values: unknown): Usage {
  const reported = ledgerOf(values).flatMap((task) => ('usage' in task ? [task.usage] : []))
  return reported.reduce(addUsage, agent.dialect.usage(values))
}
