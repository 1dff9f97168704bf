// Which threads run here, and how each stood when its run ended.
//
// D1. A thread has at most one run here at a time; to drive it again is to join that run.
// D2. A run that is about to wait looks once more if it was asked to: a decision that came meanwhile is never slept through.
// D3. What fails is an outcome. Nothing is thrown at whoever waits.
// D4. After a cancel no run of the subtree starts, until somebody speaks to it again.
import { AsyncLocalStorageProviderSingleton } from '@langchain/core/singletons'
import { isGraphDrained, RunControl } from '@langchain/langgraph'
import type { Ids } from '../state/context.ts'
import { type Failure, RuntimeError } from '../state/errors.ts'
import type { ThreadRecord } from '../state/threads.ts'
import { NO_USAGE, type Usage } from '../state/usage.ts'
import { type Bell, bell } from './bell.ts'
import type { EventHub } from './events.ts'
import type { TreeLeases } from './leases.ts'
import type { Meter } from './meter.ts'
import { nextTurn } from './next-turn.ts'
import type { Every } from './pace.ts'
import type { Registry } from './registry.ts'
import { type RunParts, type RunState, runToOutcome, type Start } from './run.ts'
import { failed, handedOver, isLost, type Standing, type Stop, stopped } from './standing.ts'
import { watchdog } from './watchdog.ts'

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
  /** Lets all runs of a tree end with the superstep that they are in, also those that begin meanwhile. */
  drain(rootThreadId: string, reason: string): Promise<void>
  /** A thread was heard of. */
  sign(threadId: string): void
  /** The threads that run here now. */
  active(): string[]
  /** Whether a run ended at once because another process drives the tree. */
  isElsewhere(standing: Standing): boolean
  /** Ends all runs of a tree whose lease is lost. */
  lose(rootThreadId: string): void
  /** Lets what `standing` knew of a thread go; its checkpoints still know it. */
  forget(threadId: string): void
}

export interface DriverParts extends Omit<RunParts, 'sign'> {
  readonly registry: Registry
  readonly ids: Ids
  readonly leases: Pick<TreeLeases, 'hold' | 'release'>
  readonly events: EventHub
  readonly meter: Meter
  readonly every: Every
  /** Stops all below a thread, for good, and withdraws what it asks itself. */
  stopBelow(thread: ThreadRecord, reason: string): Promise<void>
}

interface Run extends RunState {
  readonly rootThreadId: string
  readonly parentThreadId: string | null
  signal: AbortSignal
  controller: AbortController
  control: RunControl
  lastSign: number
  deadline: number | undefined
  /** The limit that it has reached. */
  expired: Failure | undefined
  /** How it was first stopped from outside; what it is stopped with by a limit, or after that, is not. */
  halt: Stop | undefined
  ended: Promise<Standing>
  /** The lease of the tree is somebody else's: nothing of this run is written any more. */
  lost: boolean
}

export function driver(parts: DriverParts): Driver {
  const { registry, clock, ids } = parts
  const runs = new Map<string, Run>()
  const standings = new Map<string, Standing>()
  const cancelled = new Set<string>()
  const draining = new Map<string, string>()
  const watch = watchdog(parts)
  const bells = new Map<string, Bell>()

  function drive(thread: ThreadRecord, start?: Start): Promise<Standing> {
    const present = runs.get(thread.threadId)
    if (present) {
      if (start) throw new RuntimeError('THREAD_BUSY', `thread ${thread.threadId} is at work; wait for it or cancel it`)
      present.lookAgain = true
      return present.ended
    }
    if (start) cancelled.delete(thread.threadId)
    // A root may have a message to begin with, which its run sees.
    else if (thread.parentThreadId !== null && isCancelled(thread)) return stayedCancelled(thread)
    const { rootThreadId } = thread
    const run = newRun(thread)
    runs.set(thread.threadId, run)
    standings.delete(thread.threadId)
    run.ended = apart(() => settled(thread, run, start))
    changes(rootThreadId).ring()
    return run.ended
  }

  function newRun({ rootThreadId, parentThreadId }: ThreadRecord): Run {
    const controller = new AbortController()
    const control = new RunControl()
    if (draining.has(rootThreadId)) control.requestDrain(draining.get(rootThreadId))
    return {
      runId: ids.next(),
      rootThreadId,
      parentThreadId,
      controller,
      control,
      signal: controller.signal,
      lastSign: clock.now(),
      deadline: undefined,
      expired: undefined,
      halt: undefined,
      lookAgain: false,
      lost: false
    } as Omit<Run, 'ended'> as Run
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
    let standing = await underLease(thread, run, { start }).catch(failed)
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

  /** To an outcome, with the last turn that follows where a limit cut it short, unless the tree is somebody else's. */
  async function underLease(thread: ThreadRecord, run: Run, { start }: Leg = {}): Promise<Standing> {
    const { rootThreadId } = thread
    if (!(await parts.leases.hold(rootThreadId))) return elsewhere
    try {
      const begun = start ?? (await nextTurn(thread, parts))
      if (!begun && isCancelled(thread)) return stopped(CANCELLED)
      if (!run.signal.aborted) cancelled.delete(thread.threadId)
      const standing = await leg(thread, run, { start: begun, turn: begun?.letterId })
      return isCutShort(standing, run)
        ? await lastTurn(thread, run, { limit: run.expired!, turn: standing.turn })
        : standing
    } finally {
      await parts.leases.release(rootThreadId)
    }
  }

  interface Leg {
    readonly start?: Start | undefined
    /** The letter that brought the turn. */
    readonly turn?: string | undefined
    /** What the outcome of the last leg is to the turn. */
    readonly conclude?: ((standing: Standing) => Standing) | undefined
  }

  /** To an outcome that the journal knows of, unless the tree is somebody else's by then, or the turn has a last leg. */
  async function leg(thread: ThreadRecord, run: Run, { start, turn: id, conclude }: Leg): Promise<Standing> {
    const { threadId, rootThreadId } = thread
    const told = parts.events.from(thread, run.runId)
    const turn = id === undefined ? {} : { turn: id }
    if (start?.letterId) told.note({ row: { kind: 'letter.begun', letterId: start.letterId } })
    const started = start && !conclude && ({ type: 'turn.started', agent: thread.agent, ...turn } as const)
    const entry = {
      row: { kind: 'status', threadId, status: 'running', at: clock.now() },
      body: started || undefined
    } as const
    // Nobody finds the message of a letter in a checkpoint before it is known that a turn was begun with it.
    if (start?.letterId) await told.keep(entry)
    else told.note(entry)
    const used = { kind: 'usage', rootThreadId, threadId } as const
    if (started) told.note({ row: { ...used, usage: NO_USAGE, workedMs: 0, begins: true } })
    const ranFor = parts.meter.begin(thread, { turn: Boolean(started) })
    const standing = await ended(thread, run, { start, conclude })
    const workedMs = ranFor()
    if (isLost(standing)) run.lost = true
    // The turn goes on elsewhere: how this run ended says nothing of it.
    if (run.lost) return standing
    told.note({ row: { ...used, usage: foreignUsage(thread, run.values), workedMs, begins: false } })
    const { outcome } = standing
    const row = { kind: 'status', threadId, status: outcome.status, at: clock.now() } as const
    if (conclude || !isCutShort(standing, run))
      await told.keep({ row, body: { type: 'turn.finished', outcome, ...turn } })
    // What follows a leg that was cut short reaches below: who has slept past the lease hears of it before.
    else await parts.events.flush(rootThreadId)
    return { ...standing, usage: parts.meter.total(thread), ...turn }
  }

  /** What came to its own end just then is not cut short. */
  const isCutShort = ({ outcome }: Standing, { expired, lost }: Run) =>
    expired !== undefined && outcome.status === 'paused' && !lost

  /** What a graph that is not ours has used since it was last asked: its model calls are counted by its own state. */
  function foreignUsage(thread: ThreadRecord, values: unknown): Usage {
    const agent = registry.agent(thread.agent)
    if (agent.context) return NO_USAGE
    const used = usageBeyond(parts.meter.own(thread), agent.dialect.usage(values))
    parts.meter.add(thread, used)
    return used
  }

  /**
   * A run that has reached a limit gets one turn, in which it cannot call anything, to hand over what it has. Who stops it
   * meanwhile stops that.
   */
  async function lastTurn(
    thread: ThreadRecord,
    run: Run,
    { limit, turn }: { limit: Failure; turn: string | undefined }
  ): Promise<Standing> {
    const { charter, dialect } = registry.agent(thread.agent)
    await parts.stopBelow(thread, limit.message)
    const partial = dialect.partial(run.values)
    const { controller, control, signal } = newRun(thread)
    Object.assign(run, { controller, control, signal, expired: undefined, lookAgain: false })
    if (run.halt) controller.abort(run.halt)
    run.deadline = clock.now() + charter.limits.handOverMs
    const start = { input: `${limit.message}. ${HAND_OVER}`, limit }
    const conclude = (standing: Standing) =>
      handedOver(standing, { limit, partial, expired: run.expired !== undefined })
    const standing = await leg(thread, run, { start, turn, conclude })
    run.expired = undefined
    return standing
  }

  const isActive = (root: string) => [...runs.values()].some(({ rootThreadId }) => rootThreadId === root)

  /** A stop is recognised by the signal, whatever the graph made of it. */
  async function ended(thread: ThreadRecord, run: Run, { start, conclude }: Leg): Promise<Standing> {
    const agent = registry.agent(thread.agent)
    const unwatch = watched(thread, run)
    const standing = await runToOutcome({ thread, agent, run }, start, { ...parts, sign })
      .then((outcome) => ({ outcome, usage: NO_USAGE }))
      .catch((error) => stopOf(run, error) ?? failed(error, agent.dialect.partial(run.values)))
    unwatch()
    return conclude ? conclude(standing) : standing
  }

  function watched(thread: ThreadRecord, run: Run): () => void {
    const { limits } = registry.agent(thread.agent).charter
    run.lastSign = clock.now()
    if (limits.idleMs === undefined && limits.totalMs === undefined && run.deadline === undefined) return () => {}
    return watch({
      limits,
      get lastSign() {
        return run.lastSign
      },
      deadline: run.deadline,
      turnMs: () => parts.meter.turnMs(thread),
      expire(limit) {
        run.expired ??= limit
        run.controller.abort({ status: 'paused', reason: limit.message } satisfies Stop)
      }
    })
  }

  /** A thread was heard of, and so were all above it that wait for it. */
  function sign(threadId: string): void {
    const now = clock.now()
    for (let run = runs.get(threadId); run; run = run.parentThreadId ? runs.get(run.parentThreadId) : undefined)
      run.lastSign = now
  }

  function stopOf({ signal, control }: Run, error: unknown): Standing | undefined {
    if (signal.aborted) return stopped(signal.reason as Stop)
    if (isGraphDrained(error)) return stopped({ status: 'paused', reason: control.drainReason ?? error.message })
    return undefined
  }

  /** The lease of a tree is gone: whatever of it runs here has to end, and to leave no trace. */
  function lose(root: string): void {
    for (const run of runs.values()) {
      if (run.rootThreadId !== root) continue
      run.lost = true
      halt(run, { status: 'paused', reason: 'another process has taken the tree over' })
    }
  }

  function halt(run: Run, as: Stop): void {
    run.halt ??= as
    run.controller.abort(as)
  }

  async function stop(threadIds: readonly string[], as: Stop): Promise<void> {
    const ending = threadIds.flatMap((threadId) => {
      if (as.status === 'cancelled') cancelled.add(threadId)
      const run = runs.get(threadId)
      if (run) halt(run, as)
      if (!run && standings.has(threadId))
        standings.set(threadId, { outcome: as, usage: standings.get(threadId)!.usage })
      return run ? [run.ended] : []
    })
    await Promise.all(ending)
    for (const each of bells.values()) each.ring()
  }

  async function drain(rootThreadId: string, reason: string): Promise<void> {
    const mine = () => [...runs.values()].filter((run) => run.rootThreadId === rootThreadId)
    draining.set(rootThreadId, reason)
    for (const { control } of mine()) control.requestDrain(reason)
    changes(rootThreadId).ring()
    for (let left = mine(); left.length > 0; left = mine()) await Promise.all(left.map(({ ended }) => ended))
    draining.delete(rootThreadId)
  }

  return {
    drive,
    stop,
    drain,
    isElsewhere: (standing) => standing === elsewhere,
    lose,
    sign,
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

const CANCELLED: Stop = { status: 'cancelled', reason: 'it was cancelled' }
const elsewhere = failed(new RuntimeError('THREAD_BUSY', 'another process drives the tree'))

/** What of a sum has not been counted yet. */
function usageBeyond(counted: Usage, sum: Usage): Usage {
  const beyond = (key: keyof Usage) => Math.max(0, sum[key] - counted[key])
  return {
    input: beyond('input'),
    output: beyond('output'),
    cached: beyond('cached'),
    reasoning: beyond('reasoning'),
    calls: beyond('calls')
  }
}

const HAND_OVER =
  'This is your last reply, and no tool can be called: hand over what you have, and say what is not done.'
