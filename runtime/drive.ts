// Which threads run here, and how each stood when its run ended.
//
// D1. A thread has at most one run here at a time; to drive it again is to join that run.
// D2. A run that is about to wait looks once more if it was asked to: a decision that came meanwhile is never slept through.
// D3. What fails is an outcome. Nothing is thrown at whoever waits.
// D4. After a cancel no run of the subtree starts, until somebody speaks to it again.
// D5. A background task of a root reports to it when its run ends, and the root at rest is driven to hear of it. What was sent
//     to a background task and came too late for its turn begins the next: until then it counts as running.
import { AsyncLocalStorageProviderSingleton } from '@langchain/core/singletons'
import { RunControl } from '@langchain/langgraph'
import { RuntimeError } from '../state/errors.ts'
import type { Outcome } from '../state/outcome.ts'
import { isOpen } from '../state/task-ledger.ts'
import type { ThreadRecord } from '../state/threads.ts'
import { type Bell, bell } from './bell.ts'
import { ledgerOf } from './dialects/deputy.ts'
import { hearings } from './hearings.ts'
import { CANCELLED, type Controls, type DrivenRun, ELSEWHERE, type LegParts, legs } from './legs.ts'
import { nextTurn } from './next-turn.ts'
import { reportsToRoot } from './reports.ts'
import type { Start } from './run.ts'
import { CLOSED, failed, type Standing, type Stop, stopped } from './standing.ts'

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
  /** Stops all runs so that they can be resumed; no root is woken any more. */
  close(): Promise<void>
  /** Drives a root to hear of its background tasks, if it is at rest, or waits for somebody above. */
  wake(rootThreadId: string): void
  /** Until nothing of a tree runs here, or is about to. */
  idle(rootThreadId: string): Promise<void>
  /** Whether a run ended at once because another process drives the tree. */
  isElsewhere(standing: Standing): boolean
  /** Ends all runs of a tree whose lease is lost. */
  lose(rootThreadId: string): void
  /** Lets what `standing` knew of a thread go; its checkpoints still know it. */
  forget(threadId: string): void
}

type Own = 'sign' | 'hearings' | 'controls' | 'isCancelled' | 'reopened' | 'isReported'

export interface DriverParts extends Omit<LegParts, Own> {
  /** Whether a root's turn may end while its background tasks are at work: it is driven to hear of them then. */
  readonly outlivedRoots: boolean
  /** Stops a thread and all below it, for good. */
  cancel(threadId: string, reason: string): Promise<void>
}

export function driver(parts: DriverParts): Driver {
  const { journal, clock, ids } = parts
  const runs = new Map<string, DrivenRun>()
  const standings = new Map<string, Standing>()
  const cancelled = new Set<string>()
  const draining = new Map<string, string>()
  const bells = new Map<string, Bell>()
  const heard = hearings(parts)
  const reopened = (threadId: string) => void cancelled.delete(threadId)
  const underLease = legs({ ...parts, hearings: heard, sign, controls, isCancelled, reopened, isReported })
  const waking = new Map<Promise<void>, string>()
  let closed = false

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

  function newRun({ rootThreadId, parentThreadId }: ThreadRecord): DrivenRun {
    const isLost = [...runs.values()].some((run) => run.rootThreadId === rootThreadId && run.lost)
    return {
      runId: ids.next(),
      rootThreadId,
      parentThreadId,
      ...controls(rootThreadId),
      lastSign: clock.now(),
      deadline: undefined,
      expired: undefined,
      halt: undefined,
      lookAgain: false,
      // A lost tree is taken anew when its runs have ended. What one of them may wait for must not wait for that.
      lost: isLost && parentThreadId !== null,
      reports: []
    } as Omit<DrivenRun, 'ended'> as DrivenRun
  }

  function controls(rootThreadId: string): Controls {
    const controller = new AbortController()
    const control = new RunControl()
    if (draining.has(rootThreadId)) control.requestDrain(draining.get(rootThreadId))
    return { controller, signal: controller.signal, control }
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

  function isCancelled({ threadId, parentThreadId, status }: ThreadRecord): boolean {
    if (status === 'cancelled' || cancelled.has(threadId)) return true
    return parentThreadId !== null && cancelled.has(parentThreadId)
  }

  async function settled(thread: ThreadRecord, run: DrivenRun, start: Start | undefined): Promise<Standing> {
    const { threadId, rootThreadId, parentThreadId } = thread
    let standing = await underLease(thread, run, start).catch(failed)
    const isAsking = () => standing.outcome.status === 'asking'
    let due = false
    while (true) {
      while (run.lookAgain && isAsking())
        standing = await underLease({ ...thread, status: 'asking' }, run).catch(failed)
      if (parentThreadId !== null && standing.outcome.status === 'failed' && !run.lost) await endBelow(run)
      run.lookAgain = false
      due = await goesOn(thread, run, standing).catch(() => false)
      if (due || !run.lookAgain) break
    }
    // Only a parent asks how a thread stood; of a root nothing is kept.
    if (parentThreadId !== null) standings.set(threadId, standing)
    runs.delete(threadId)
    parts.upstreams.disconnect(threadId)
    if (due) void drive({ ...thread, status: standing.outcome.status })
    else if (!closed && isReported(thread, run, standing.outcome)) wake(rootThreadId)
    changes(rootThreadId).ring()
    if (!isActive(rootThreadId)) bells.delete(rootThreadId)
    return standing
  }

  /** Whether a thread whose run has ended has something to go on with at once. */
  async function goesOn(thread: ThreadRecord, run: DrivenRun, { outcome, turn }: Standing): Promise<boolean> {
    if (closed || run.lost || outcome.status === 'paused' || outcome.status === 'cancelled') return false
    if (thread.background && outcome.status !== 'asking') {
      const next = await nextTurn(thread, parts)
      return next !== undefined && next.letterId !== turn
    }
    if (thread.parentThreadId !== null || !hasBackground(run)) return false
    const isDue = await heard.leaves(thread, { before: run.reports, values: run.values, wakes: run.wakes })
    return isDue && outcome.status !== 'failed'
  }

  /** Only a root may leave tasks in the background: those of any other that failed are nobody's. */
  async function endBelow(run: DrivenRun): Promise<void> {
    for (const { background, threadId, ...task } of ledgerOf(run.values).filter(isOpen))
      if (background) await parts.cancel(threadId, `the turn that started "${task.id}" failed`).catch(() => {})
  }

  /** Whether a root is to hear how a run ended; what is paused goes on by itself when the tree does. */
  function isReported(thread: ThreadRecord, { lost }: DrivenRun, { status }: Outcome): boolean {
    if (!parts.outlivedRoots || !reportsToRoot(thread) || lost || cancelled.has(thread.rootThreadId)) return false
    return status !== 'paused'
  }

  function wake(rootThreadId: string): void {
    const running = runs.get(rootThreadId)
    if (running) running.lookAgain = true
    else {
      const woken = wakened(rootThreadId).catch(() => {})
      waking.set(woken, rootThreadId)
      woken.then(() => waking.delete(woken))
    }
  }

  async function wakened(rootThreadId: string): Promise<void> {
    const root = await journal.thread(rootThreadId)
    if (root && !closed && (root.status === 'completed' || root.status === 'asking')) void drive(root)
  }

  const isActive = (root: string) => [...runs.values()].some(({ rootThreadId }) => rootThreadId === root)

  /** A thread was heard of, and so were all above it that wait for it. */
  function sign(threadId: string): void {
    const now = clock.now()
    for (let run = runs.get(threadId); run; run = run.parentThreadId ? runs.get(run.parentThreadId) : undefined)
      run.lastSign = now
  }

  /** The lease of a tree is gone: whatever of it runs here has to end, and to leave no trace. */
  function lose(root: string): void {
    for (const run of runs.values()) {
      if (run.rootThreadId !== root) continue
      run.lost = true
      halt(run, { status: 'paused', reason: 'another process has taken the tree over' })
    }
  }

  function halt(run: DrivenRun, as: Stop): void {
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
    await idle(rootThreadId)
    draining.delete(rootThreadId)
  }

  async function close(): Promise<void> {
    closed = true
    await stop([...runs.keys()], CLOSED)
  }

  async function idle(rootThreadId: string): Promise<void> {
    const left = () => [
      ...[...runs.values()].flatMap((run) => (run.rootThreadId === rootThreadId ? [run.ended] : [])),
      ...[...waking].flatMap(([woken, root]) => (root === rootThreadId ? [woken] : []))
    ]
    for (let waiting = left(); waiting.length > 0; waiting = left()) await Promise.all(waiting)
  }

  return {
    drive,
    stop,
    drain,
    close,
    wake,
    idle,
    isElsewhere: (standing) => standing === ELSEWHERE,
    lose,
    sign,
    changes,
    forget: (threadId) => void standings.delete(threadId),
    running: (threadId) => runs.has(threadId),
    standing: (threadId) => standings.get(threadId)
  }
}

/** A run belongs to no other run: inside the async context of its parent, its interrupts would unwind that one. */
function apart<T>(work: () => T): T {
  return AsyncLocalStorageProviderSingleton.runWithConfig({}, work, true)
}

const hasBackground = ({ values }: DrivenRun) => ledgerOf(values).some(({ background }) => background)
