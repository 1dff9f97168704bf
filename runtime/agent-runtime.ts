// The one door: whatever runs, was started here.
import type { Store } from '../checkpointers/store.ts'
import type { Ask } from '../state/asks.ts'
import type { Clock, Ids } from '../state/context.ts'
import type { Decision } from '../state/decisions.ts'
import { RuntimeError } from '../state/errors.ts'
import type { AgentEvent } from '../state/events.ts'
import type { Lesson } from '../state/explanation.ts'
import type { Grant } from '../state/grants.ts'
import type { Hook } from '../state/hooks.ts'
import type { Policy, TreePolicy } from '../state/policy.ts'
import { hasEnded, type ThreadRecord } from '../state/threads.ts'
import type { Agent } from './agent.ts'
import { answer } from './answer.ts'
import { begin, type TurnRequest } from './begin.ts'
import { cancel, cancelAndTell } from './cancel.ts'
import { isDrivenElsewhere } from './command.ts'
import { type ListedThread, listed } from './history/branches.ts'
import {
  type CheckpointPlace,
  type ForkRequest,
  type HistoryDoors,
  historyDoors,
  type RewindRequest,
  type UndoRequest
} from './history/doors.ts'
import { eventsOf } from './history/events.ts'
import { hooksOf } from './hooks/hooks.ts'
import { type Every, every, type Sleep, sleep } from './pace.ts'
import { pause, pauseHere } from './pause.ts'
import { registry as registryOf } from './registry.ts'
import { reportsToRoot } from './reports.ts'
import { type PruneReport, type PruneRequest, prune } from './retention/prune.ts'
import { revoke } from './revoke.ts'
import { type Snapshot, snapshotOf } from './snapshot.ts'
import { type KeepingOptions, keptFiles } from './snapshots/kept-files.ts'
import { journalOf, principalOf } from './tenancy.ts'
import { ancestryOf, threadOf } from './thread-of.ts'
import { type KeptPolicy, knownPolicy, type SaidOfTree, saidAnew } from './tree-policy.ts'
import { type Driving, type Turn, type TurnResult, turns } from './turns.ts'
import { type UnknownOutcome, unknownOutcomes } from './unknown-outcomes.ts'
import { wired } from './wired.ts'
import { askToWrapUp } from './wrap-up.ts'

export interface RuntimeOptions {
  readonly store: Pick<Store, 'saver' | 'journal' | 'holder'>
  /** The agents that turns may be started with, and through them all whom these delegate to. */
  readonly agents: readonly Agent[]
  /**
   * For whom it runs. Of a store that several share it sees the threads that were begun for the same principal and no others:
   * any other id is unknown to it. One without a principal sees those that were begun without one.
   */
  readonly principal?: string
  /** What the person at the root says in advance; none by default. docs/remit.md */
  readonly policy?: Policy
  readonly clock?: Clock
  readonly ids?: Ids
  /** When checkpoints are written; `sync`, the default, before the next step starts. */
  readonly durability?: 'sync' | 'async' | 'exit'
  /** Milliseconds after which a process that drives a tree and is not heard of counts as gone. 15,000 by default. */
  readonly leaseMs?: number
  /**
   * How many events of a tree are kept, and at most a hundredth more: 100,000 by default, all with `Infinity`. The oldest go
   * first; the opening of an ask stays as long as the ask is open.
   */
  readonly keepEvents?: number
  /**
   * Keeps the files of workspaces with the checkpoints: they follow when somebody goes back, and what became of them is a part
   * of each diff. None are kept without it, nor without git. docs/snapshots.md
   */
  readonly snapshots?: KeepingOptions
  /** What is asked at fixed points of every run, and may tighten or change. docs/hooks.md */
  readonly hooks?: readonly Hook[]
  /** What beats and polls are paced by. */
  readonly every?: Every
  /** How many runs may work at once, over all trees; one that waits for its children does not count. No limit by default. */
  readonly maxConcurrent?: number
  /** How the time before another attempt is waited. */
  readonly sleep?: Sleep
  /** From 0 up to, not including, 1: what no two waits have in common. */
  readonly chance?: () => number
}

export interface EventsPage {
  readonly after?: number
  readonly of?: 'tree' | 'thread'
  readonly signal?: AbortSignal
}

export interface AgentRuntime extends HistoryDoors {
  /** @throws RuntimeError UNKNOWN_AGENT, UNKNOWN_THREAD, THREAD_BUSY, THREAD_ASKING, WORKSPACE_MISSING */
  startTurn(request: TurnRequest): Promise<TurnResult>
  /** As `startTurn`, and returns as soon as the turn is under way. Model text arrives piece by piece. */
  startStreamingTurn(request: TurnRequest): Promise<Turn>
  /**
   * Drives a tree on that was interrupted: by a pause, by a crash, by `close`, by a failure.
   * @throws RuntimeError UNKNOWN_THREAD, RUN_CANCELLED
   */
  resume(threadId: string): Promise<Turn>
  /**
   * Keeps what is said in advance of a tree from now on, in place of what was said of the same; gives all that is kept then. Each run that
   * begins after it has it, in whatever process. docs/remit.md
   * @throws RuntimeError UNKNOWN_THREAD, BAD_ARGUMENTS, BAD_POLICY
   */
  setPolicy(threadId: string, said: SaidOfTree): Promise<TreePolicy | null>
  /**
   * Finds every tree that a process left in the middle when it died, and drives it on. Calls that were at work then and may
   * not be repeated are reported to their model as of unknown outcome. What another process drives is left to it.
   */
  recover(): Promise<Turn[]>
  /**
   * The events of a tree after number `after`, from the journal: all that are kept, and with a `signal` also those to come,
   * until it aborts. Pieces of model text are not kept. With `of: 'thread'` those of the thread alone, and `after` is a
   * `threadSeq`. From the beginning it gives what is kept, asks that are still open before all else.
   * @throws RuntimeError UNKNOWN_THREAD; EVENTS_PRUNED where events behind `after` are not kept any more
   */
  events(threadId: string, page?: EventsPage): AsyncIterable<AgentEvent>
  /**
   * A new tree that begins at a checkpoint of any thread, and is driven on: exactly the later steps run again. A call that had
   * its effect in these steps asks before it has it again, whatever a remit allows, unless it is in `accept`.
   * @throws RuntimeError UNKNOWN_CHECKPOINT; BAD_STORE where a checkpoint that it needs is damaged
   */
  resumeFrom(from: ForkRequest): Promise<Turn>
  /**
   * Gives an ask its one decision and drives on what waited for it. Returns once the decision is on record. An approval with
   * a scope other than `once` is a grant: it answers open asks of the same call within that scope too.
   * @throws RuntimeError UNKNOWN_ASK, ASK_DECIDED, ASK_STALE, BAD_DECISION; nothing has changed then
   */
  resolveInput(askId: string, decision: Decision): Promise<Turn>
  /**
   * What an approval of an ask, for longer than once, would teach about calls like it: the rules to give with the decision.
   * @throws RuntimeError UNKNOWN_ASK
   */
  lesson(askId: string): Promise<Lesson>
  /** The grants given in the tree that a thread belongs to, also those that have ended; the newest last. */
  grants(threadId: string): Promise<Grant[]>
  /**
   * Ends a grant, whose id is that of its ask: the next call that it would have covered is asked about, in any process.
   * What it has let through by then stays allowed. @throws RuntimeError UNKNOWN_GRANT, GRANT_REVOKED
   */
  revokeGrant(grantId: string): Promise<void>
  /**
   * Says something to an agent at work, anywhere in a tree, also from another process: its very next model call reads it,
   * once. One that has ended reads it in its next turn.
   */
  inject(threadId: string, text: string): Promise<void>
  /**
   * Pauses a tree: every run of it ends with the superstep that it is in, also where another process drives it. What asks
   * goes on asking. `resume` goes on with it.
   */
  pause(threadId: string, reason?: string): Promise<void>
  /**
   * Tells a thread, and all below it, to end its turn with what it has: one more model call, without tools. What it asks is
   * rejected.
   */
  wrapUp(threadId: string, reason?: string): Promise<Turn>
  /** Stops a thread and all below it, with what is queued behind it, for good, also where another process drives it; the thread answers its next message. */
  cancelRun(threadId: string, reason?: string): Promise<void>
  /**
   * Waits until nothing of a tree runs here any more: its background tasks have ended, or wait for a decision, and what they
   * came to has been told.
   */
  idle(threadId: string): Promise<void>
  /**
   * Lets go what nobody needs any more: checkpoints by age and count, and trees that ended as a whole; also while trees are driven,
   * here or elsewhere. Never an open ask, a checkpoint with a label, the newest of a thread that stays, or what one that stays
   * needs to be gone on with. docs/retention.md
   * @throws RuntimeError BAD_ARGUMENTS, UNKNOWN_THREAD
   */
  prune(request: PruneRequest): Promise<PruneReport>
  getSnapshot(threadId: string): Promise<Snapshot>
  /** Open asks, oldest first; of every tree, or of the one that a thread belongs to. */
  openAsks(threadId?: string): Promise<Ask[]>
  /**
   * Calls of which nobody knows what came of them, oldest first; of every tree, or of the one that a thread belongs to: those
   * that had begun when their run ended and whose tree nobody drives now, and those that their model was told of.
   */
  unknownOutcomes(threadId?: string): Promise<UnknownOutcome[]>
  /** Root threads, the last touched first; those that were rewound are among them, and say what has taken their place. */
  threads(page?: { limit?: number }): Promise<ListedThread[]>
  /** Stops whatever runs here so that it can be resumed. The store stays open: it is its owner's. */
  close(): Promise<void>
}

/** @throws RuntimeError BAD_ARGUMENTS where the principal is no name, or no event would be kept; BAD_WORKER */
export function agentRuntime({ store, agents, ...options }: RuntimeOptions): AgentRuntime {
  const { saver } = store
  const principal = principalOf(options.principal)
  const journal = journalOf(principal, store.journal)
  const clock = options.clock ?? { now: () => Date.now() }
  const ids = options.ids ?? { next: () => crypto.randomUUID() }
  const keepEvents = keptEventsOf(options.keepEvents)
  const holder = `${store.holder}/${ids.next()}`
  const said = options.policy && { policy: options.policy }
  const registry = registryOf(agents, said)
  const files = options.snapshots && keptFiles(options.snapshots, { saver, clock, sleep: options.sleep ?? sleep })
  const keptPolicy: KeptPolicy = async (rootThreadId) => (await threadOf(journal, rootThreadId)).policy
  const shared = { registry, saver, journal, clock, ids, holder, files, keptPolicy }
  const { driver, hub, streaming } = wired({
    ...shared,
    durability: options.durability ?? 'sync',
    outlivedRoots: true,
    keepsCheckpoints: true,
    maxConcurrent: options.maxConcurrent,
    sleep: options.sleep ?? sleep,
    chance: options.chance ?? Math.random,
    hooksOf: hooksOf(options.hooks ?? [], clock),
    keepEvents,
    lease: { holder, ttlMs: options.leaseMs ?? 15_000, every: options.every ?? every },
    async obey({ id, kind, threadId, text: reason }) {
      if (kind === 'cancel') await cancelAndTell({ threadId, reason }, parts)
      if (kind === 'pause') await pauseHere({ threadId, reason }, parts)
      await journal.takeLetter(id)
    }
  })
  const parts = { ...shared, principal, driver }
  const { on, close } = turns({
    driver,
    hub,
    journal,
    streaming,
    isElsewhere: (rootThreadId) => isDrivenElsewhere(rootThreadId, parts)
  })

  async function rootOf(threadId: string): Promise<ThreadRecord> {
    const { rootThreadId } = await threadOf(journal, threadId)
    return threadOf(journal, rootThreadId)
  }

  /** Drives threads of one tree on that waited, with all above them. */
  async function wakened(...threads: readonly [ThreadRecord, ...ThreadRecord[]]): Promise<Turn> {
    const root = await threadOf(journal, threads[0].rootThreadId)
    for (const thread of threads)
      for (const rung of await ancestryOf(journal, thread)) if (rung.threadId !== root.threadId) void driver.drive(rung)
    driver.changes(root.threadId).ring()
    return on(root, { text: true })
  }

  /** Drives the background tasks of a root on that nobody drives: a root at rest does not look after them by itself. */
  async function backgroundOn(rootThreadId: string): Promise<void> {
    const background = (await journal.threadsOf(rootThreadId)).filter(reportsToRoot)
    if (background.length === 0) return
    const letters = (await journal.letters(rootThreadId)).filter(({ kind }) => kind === 'follow-up')
    const told = new Set(letters.map(({ threadId }) => threadId))
    for (const thread of background)
      if (!hasEnded(thread.status) || told.has(thread.threadId)) void driver.drive(thread)
  }

  /** Drives a whole tree on. */
  async function allOn(root: ThreadRecord): Promise<Turn> {
    const turn = on(root, { text: true })
    await backgroundOn(root.threadId)
    return turn
  }

  async function begun(request: TurnRequest, { text }: { text: boolean }): Promise<[ThreadRecord, Driving]> {
    const { root, ...how } = await begin(request, parts)
    return [root, { ...how, text }]
  }

  const history = historyDoors({
    ...parts,
    hub,
    agents,
    runtimeOn: (copy, replayed) =>
      agentRuntime({ ...said, store: copy, agents: replayed, clock, ids, sleep: async () => {} })
  })

  return {
    ...history,
    async startTurn(request) {
      return on(...(await begun(request, { text: false }))).result
    },

    async startStreamingTurn(request) {
      return on(...(await begun(request, { text: true })))
    },

    async resume(threadId) {
      const root = await rootOf(threadId)
      if (root.status === 'cancelled')
        throw new RuntimeError(
          'RUN_CANCELLED',
          `thread ${root.threadId} was cancelled; send it a message, or fork it at a checkpoint`
        )
      await knownPolicy(root.threadId, keptPolicy)
      return allOn(root)
    },

    async setPolicy(threadId, said) {
      const root = await rootOf(threadId)
      const policy = saidAnew(said, root.policy)
      await journal.setPolicy(root.threadId, policy)
      return policy
    },

    async recover() {
      const left: ThreadRecord[] = []
      for (const root of await journal.unfinished())
        if (!(await isDrivenElsewhere(root.threadId, parts))) left.push(root)
      return Promise.all(left.map(allOn))
    },

    async resolveInput(askId, given) {
      const { asking, covered } = await answer({ askId, given }, parts)
      return wakened(asking, ...covered.filter(({ status }) => !hasEnded(status)))
    },

    async lesson(askId) {
      const record = await journal.ask(askId)
      if (!record) throw new RuntimeError('UNKNOWN_ASK', `no ask ${askId} in this store`)
      const { kind, tool, args, path } = record.ask
      if (kind !== 'permission') return { ok: false, reason: 'it is no call that somebody has to permit' }
      return registry.at(path).lesson({ name: tool, args: args as Record<string, unknown> })
    },

    async grants(threadId) {
      const { rootThreadId } = await threadOf(journal, threadId)
      return journal.grantsOf(rootThreadId)
    },

    revokeGrant: (grantId) => revoke(grantId, parts),

    async inject(threadId, text) {
      const { rootThreadId } = await threadOf(journal, threadId)
      await journal.send({ id: ids.next(), rootThreadId, threadId, kind: 'steer', text, sentAt: clock.now() })
    },

    async *events(threadId, { of = 'tree', ...page } = {}) {
      const { rootThreadId } = await threadOf(journal, threadId)
      yield* eventsOf(rootThreadId, { journal, ...page, ...(of === 'thread' && { threadId }) })
    },

    async openAsks(threadId) {
      const filter = threadId === undefined ? {} : { rootThreadId: (await threadOf(journal, threadId)).rootThreadId }
      return (await journal.openAsks(filter)).map(({ ask }) => ask)
    },

    async unknownOutcomes(threadId) {
      const part = threadId === undefined ? {} : { rootThreadId: (await threadOf(journal, threadId)).rootThreadId }
      return unknownOutcomes(part, parts)
    },

    resumeFrom: async (from) => allOn(await history.fork(from)),
    async pause(threadId, reason = 'paused by a person') {
      await pause({ threadId, reason }, parts)
    },
    async wrapUp(threadId, reason = '') {
      const thread = await threadOf(journal, threadId)
      await askToWrapUp(thread, reason, parts)
      return wakened(thread)
    },
    cancelRun: (threadId, reason = 'cancelled by a person') => cancel({ threadId, reason }, parts),
    async idle(threadId) {
      const { rootThreadId } = await threadOf(journal, threadId)
      await driver.idle(rootThreadId)
    },
    prune: (request) => prune(request, { ...parts, saver, everybodys: store.journal, hub, kept: files }),
    getSnapshot: async (threadId) => snapshotOf(await threadOf(journal, threadId), parts),
    threads: async ({ limit = 50 } = {}) =>
      Promise.all((await journal.roots({ limit })).map((root) => listed(root, journal))),
    async close() {
      files?.close()
      await close()
    }
  }
}

/** @throws RuntimeError BAD_ARGUMENTS */
function keptEventsOf(given = 100_000): number {
  const isCount = given === Number.POSITIVE_INFINITY || (Number.isSafeInteger(given) && given > 0)
  if (!isCount)
    throw new RuntimeError('BAD_ARGUMENTS', `keepEvents is ${given}; it takes a whole number above 0, or Infinity`)
  return given
}

export type {
  CheckpointPlace,
  ForkRequest,
  ListedThread,
  PruneReport,
  PruneRequest,
  RewindRequest,
  SaidOfTree,
  Turn,
  TurnRequest,
  TurnResult,
  UndoRequest,
  UnknownOutcome
}
