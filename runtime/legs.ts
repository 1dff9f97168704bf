// What a run does from the lease of its tree to an outcome that the journal knows of.
//
// A run has one leg, or two: one that a limit cuts short is followed by a last turn, in which the agent hands over what it has.
import { isGraphDrained, type RunControl } from '@langchain/langgraph'
import type { Ids } from '../state/context.ts'
import { type Failure, RuntimeError } from '../state/errors.ts'
import type { WaitingLetter } from '../state/inbox.ts'
import type { Outcome } from '../state/outcome.ts'
import type { ThreadRecord } from '../state/threads.ts'
import { NO_USAGE, type Usage } from '../state/usage.ts'
import type { EventHub } from './events.ts'
import type { Hearings } from './hearings.ts'
import type { TreeLeases } from './leases.ts'
import type { Meter } from './meter.ts'
import { nextTurn } from './next-turn.ts'
import type { Every } from './pace.ts'
import type { Registry } from './registry.ts'
import { reportOf, reportsToRoot } from './reports.ts'
import { type RunParts, type RunState, runToOutcome, type Start } from './run.ts'
import type { Slots } from './slots.ts'
import { CLOSED, failed, handedOver, isLost, type Standing, type Stop, stopped } from './standing.ts'
import { watchdog } from './watchdog.ts'

/** A run, with all by which it is stopped. */
export interface DrivenRun extends RunState {
  readonly rootThreadId: string
  readonly parentThreadId: string | null
  controller: AbortController
  signal: AbortSignal
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
  /** The reports that waited for the thread when the run began. */
  reports: readonly WaitingLetter[]
}

/** With what a leg is stopped at once, or told to pause. */
export type Controls = Pick<DrivenRun, 'controller' | 'signal' | 'control'>

export interface LegParts extends RunParts {
  readonly registry: Registry
  readonly ids: Ids
  readonly leases: Pick<TreeLeases, 'hold'>
  readonly events: EventHub
  readonly meter: Meter
  readonly every: Every
  readonly slots: Slots
  readonly hearings: Hearings
  /** Fresh ones; those of a tree that is being drained tell so from the start. */
  controls(rootThreadId: string): Controls
  /** Whether a cancel of the thread, or of the one above it, still holds. */
  isCancelled(thread: ThreadRecord): boolean
  /** A cancel holds no longer: the thread goes on. */
  reopened(threadId: string): void
  /** Whether a root is to hear how a run ended. */
  isReported(thread: ThreadRecord, run: DrivenRun, outcome: Outcome): boolean
  /** Stops all below a thread, for good, but for what may outlive its turn, and withdraws what it asks itself. */
  stopBelow(thread: ThreadRecord, reason: string): Promise<void>
}

interface Leg {
  readonly start?: Start | undefined
  /** The letter that brought the turn. */
  readonly turn?: string | undefined
  /** What the outcome of the last leg is to the turn. */
  readonly conclude?: ((standing: Standing) => Standing) | undefined
}

/** Gives how a thread stands once its run has ended. Rejects where the store does. */
export type UnderLease = (thread: ThreadRecord, run: DrivenRun, start?: Start) => Promise<Standing>

export function legs(parts: LegParts): UnderLease {
  const { registry, clock, ids, hearings } = parts
  const watch = watchdog(parts)

  /** To an outcome, unless the tree is somebody else's: then all of it that runs here is to end. */
  async function underLease(thread: ThreadRecord, run: DrivenRun, start?: Start): Promise<Standing> {
    const lease = run.lost ? undefined : await parts.leases.hold(thread.rootThreadId)
    if (!lease) {
      run.lost = true
      return ELSEWHERE
    }
    try {
      const standing = await begunOrContinued(thread, run, start).catch(failed)
      if (isLost(standing)) run.lost = true
      if (run.lost) lease.lose()
      return standing
    } finally {
      await lease.release()
    }
  }

  /** With the last turn that follows where a limit cut it short. */
  async function begunOrContinued(thread: ThreadRecord, run: DrivenRun, start?: Start): Promise<Standing> {
    const begun = start ?? (await nextTurn(thread, parts))
    if (!begun && parts.isCancelled(thread)) return stopped(CANCELLED)
    if (!run.signal.aborted) parts.reopened(thread.threadId)
    run.reports = await hearings.waiting(thread)
    run.wakes = !begun && hearings.rings(run.reports)
    const standing = await leg(thread, run, { start: begun, turn: begun?.letterId })
    return isCutShort(standing, run)
      ? await lastTurn(thread, run, { limit: run.expired!, turn: standing.turn })
      : standing
  }

  /** To an outcome that the journal knows of, unless the tree is somebody else's by then, or the turn has a last leg. */
  async function leg(thread: ThreadRecord, run: DrivenRun, { start, turn: id, conclude }: Leg): Promise<Standing> {
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
    // A root at rest that hears of a background task begins a turn with it.
    const begins = Boolean(started) || (!conclude && run.wakes === true && thread.status === 'completed')
    if (begins) told.note({ row: { ...used, usage: NO_USAGE, workedMs: 0, begins } })
    const { standing, workedMs } = await ended(thread, run, { start, conclude, begins })
    if (isLost(standing)) run.lost = true
    // The turn goes on elsewhere: how this run ended says nothing of it.
    if (run.lost) return standing
    told.note({ row: { ...used, usage: foreignUsage(thread, run.values), workedMs, begins: false } })
    if (conclude || !isCutShort(standing, run)) await finish(thread, run, { outcome: standing.outcome, told, turn })
    // What follows a leg that was cut short reaches below: who has slept past the lease hears of it before.
    else await parts.events.flush(rootThreadId)
    const untrusted = registry.agent(thread.agent).dialect.untrusted(run.values) ?? thread.untrusted
    return { ...standing, usage: parts.meter.total(thread), untrusted, ...turn }
  }

  /** Tells how a run ended, and in the same transaction the root, where that is to hear of it. */
  async function finish(
    thread: ThreadRecord,
    run: DrivenRun,
    { outcome, told, turn }: { outcome: Outcome; told: ReturnType<EventHub['from']>; turn: { turn?: string } }
  ): Promise<void> {
    const { threadId } = thread
    const at = clock.now()
    // What a closed runtime leaves at work below a root at rest is nobody's to resume: it counts as left in the middle.
    const isLeft = outcome.status === 'paused' && run.signal.reason === CLOSED && reportsToRoot(thread)
    const status = isLeft ? 'running' : outcome.status
    if (parts.isReported(thread, run, outcome))
      told.note({ row: reportOf(thread, { id: ids.next(), status: outcome.status, at }) })
    await parts.hooksOf?.(thread, { runId: run.runId, signal: NEVER, emit: told.emit }).onOutcome({ outcome })
    const row = { kind: 'status', threadId, status, at } as const
    await told.keep({ row, body: { type: 'turn.finished', outcome, ...turn } })
  }

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
    run: DrivenRun,
    { limit, turn }: { limit: Failure; turn: string | undefined }
  ): Promise<Standing> {
    const { charter, dialect } = registry.agent(thread.agent)
    await parts.stopBelow(thread, limit.message)
    const partial = dialect.partial(run.values)
    Object.assign(run, parts.controls(thread.rootThreadId), { expired: undefined, lookAgain: false })
    if (run.halt) run.controller.abort(run.halt)
    run.deadline = clock.now() + charter.limits.handOverMs
    const start = { input: `${limit.message}. ${HAND_OVER}`, limit }
    const conclude = (standing: Standing) =>
      handedOver(standing, { limit, partial, expired: run.expired !== undefined })
    const standing = await leg(thread, run, { start, turn, conclude })
    run.expired = undefined
    return standing
  }

  /** A stop is recognised by the signal, whatever the graph made of it. */
  async function ended(thread: ThreadRecord, run: DrivenRun, { start, conclude, begins }: Leg & { begins: boolean }) {
    const agent = registry.agent(thread.agent)
    // One of the tree from now on; its time counts from where it has a place among those at work.
    const ranFor = parts.meter.begin(thread, { turn: begins })
    const standing = await ran()
      .then((outcome) => ({ outcome, usage: NO_USAGE }))
      .catch((error) => stopOf(run, error) ?? failed(error, agent.dialect.partial(run.values)))
    run.slot?.free()
    return { standing: conclude ? conclude(standing) : standing, workedMs: ranFor() }

    async function ran(): Promise<Outcome> {
      run.slot = await parts.slots.take(run.signal)
      parts.meter.begin(thread, { turn: false })
      const unwatch = watched(thread, run)
      return runToOutcome({ thread, agent, run }, start, parts).finally(unwatch)
    }
  }

  function watched(thread: ThreadRecord, run: DrivenRun): () => void {
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

  return underLease
}

/** What came to its own end just then is not cut short. */
function isCutShort({ outcome }: Standing, { expired, lost }: DrivenRun): boolean {
  return expired !== undefined && outcome.status === 'paused' && !lost
}

function stopOf({ signal, control }: DrivenRun, error: unknown): Standing | undefined {
  if (signal.aborted) return stopped(signal.reason as Stop)
  if (isGraphDrained(error)) return stopped({ status: 'paused', reason: control.drainReason ?? error.message })
  return undefined
}

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

/** How a run stands that found another process at work on the tree. */
export const ELSEWHERE = failed(new RuntimeError('THREAD_BUSY', 'another process drives the tree'))
export const CANCELLED: Stop = { status: 'cancelled', reason: 'it was cancelled' }

/** What is heard at the end is heard also of a run that was stopped. */
const NEVER = new AbortController().signal

const HAND_OVER =
  'This is your last reply, and no tool can be called: hand over what you have, and say what is not done.'
