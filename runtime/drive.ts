// Which threads run here, and how each stood when its run ended.
//
// D1. A thread has at most one run here at a time; to drive it again is to join that run.
// D2. A run that is about to wait looks once more if it was asked to: a decision that came meanwhile is never slept through.
// D3. What fails is an outcome. Nothing is thrown at whoever waits.
// D4. After a cancel no run of the subtree starts, until somebody speaks to it again.
import { AsyncLocalStorageProviderSingleton } from '@langchain/core/singletons'
import { isGraphDrained, RunControl } from '@langchain/langgraph'
import type { Ids } from '../state/context.ts'
import { RuntimeError } from '../state/errors.ts'
import type { ThreadRecord } from '../state/threads.ts'
import { type Bell, bell } from './bell.ts'
import type { EventHub } from './events.ts'
import type { TreeLeases } from './leases.ts'
import { nextTurn } from './next-turn.ts'
import type { Registry } from './registry.ts'
import { type RunParts, type RunState, runToOutcome, type Start } from './run.ts'
import { failed, isLost, type Standing, type Stop, stopped, usageOf } from './standing.ts'

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
  /** The threads that run here now. */
  active(): string[]
  /** Whether a run ended at once because another process drives the tree. */
  isElsewhere(standing: Standing): boolean
  /** Ends all runs of a tree whose lease is lost. */
  lose(rootThreadId: string): void
  /** Lets what `standing` knew of a thread go; its checkpoints still know it. */
  forget(threadId: string): void
}

export interface DriverParts extends RunParts {
  readonly registry: Registry
  readonly ids: Ids
  readonly leases: Pick<TreeLeases, 'hold' | 'release'>
  readonly events: EventHub
}

interface Run extends RunState {
  readonly rootThreadId: string
  readonly controller: AbortController
  readonly control: RunControl
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
    const controller = new AbortController()
    const control = new RunControl()
    const { rootThreadId } = thread
    if (draining.has(rootThreadId)) control.requestDrain(draining.get(rootThreadId))
    const run = {
      runId: ids.next(),
      rootThreadId,
      controller,
      control,
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

  /** To an outcome that the journal knows of, unless the tree is somebody else's by then. */
  async function underLease(thread: ThreadRecord, run: Run, start?: Start): Promise<Standing> {
    const { threadId, rootThreadId } = thread
    if (!(await parts.leases.hold(rootThreadId))) return elsewhere
    try {
      const told = parts.events.from(thread, run.runId)
      const begun = start ?? (await nextTurn(thread, parts))
      if (!begun && isCancelled(thread)) return stopped(CANCELLED)
      if (!run.signal.aborted) cancelled.delete(threadId)
      const turn = begun?.letterId ? { turn: begun.letterId } : {}
      if (begun?.letterId) told.note({ row: { kind: 'letter.begun', letterId: begun.letterId } })
      const started = begun && ({ type: 'turn.started', agent: thread.agent, ...turn } as const)
      const entry = { row: { kind: 'status', threadId, status: 'running', at: clock.now() }, body: started } as const
      // Nobody finds the message of a letter in a checkpoint before it is known that a turn was begun with it.
      if (begun?.letterId) await told.keep(entry)
      else told.note(entry)
      const standing = await ended(thread, run, begun)
      const { outcome } = standing
      if (isLost(standing)) run.lost = true
      // The turn goes on elsewhere: how this run ended says nothing of it.
      if (run.lost) return standing
      const row = { kind: 'status', threadId, status: outcome.status, at: clock.now() } as const
      await told.keep({ row, body: { type: 'turn.finished', outcome, ...turn } })
      return { ...standing, ...turn }
    } finally {
      await parts.leases.release(rootThreadId)
    }
  }

  const isActive = (root: string) => [...runs.values()].some(({ rootThreadId }) => rootThreadId === root)

  /** A stop is recognised by the signal, whatever the graph made of it. What was used until then was used. */
  async function ended(thread: ThreadRecord, run: Run, start?: Start): Promise<Standing> {
    const agent = registry.agent(thread.agent)
    try {
      return await runToOutcome({ thread, agent, run }, start, parts)
    } catch (error) {
      const { outcome } = stopOf(run, error) ?? failed(error)
      return { outcome, usage: usageOf(agent, run.values) }
    }
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
