// The one door: whatever runs, was started here.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Store } from '../checkpointers/store.ts'
import type { Ask, AskRecord } from '../state/asks.ts'
import type { Clock, Ids } from '../state/context.ts'
import { type Decider, Decision } from '../state/decisions.ts'
import { RuntimeError } from '../state/errors.ts'
import type { AgentEvent } from '../state/events.ts'
import type { Outcome } from '../state/outcome.ts'
import type { ThreadRecord } from '../state/threads.ts'
import type { Usage } from '../state/usage.ts'
import type { Agent } from './agent.ts'
import type { Standing, Start, Stop } from './drive.ts'
import { fork } from './history/fork.ts'
import { type HistoryEntry, historyOf } from './history/list.ts'
import { type Every, every } from './pace.ts'
import { registry } from './registry.ts'
import { type Snapshot, snapshotOf, subtreeOf } from './snapshot.ts'
import { wired } from './wired.ts'
import { openDirectory } from './workspace-directory.ts'

export interface RuntimeOptions {
  readonly store: Pick<Store, 'saver' | 'journal' | 'holder'>
  /** The agents that turns may be started with, and through them all whom these delegate to. */
  readonly agents: readonly Agent[]
  readonly clock?: Clock
  readonly ids?: Ids
  /** When checkpoints are written; `sync`, the default, before the next step starts. */
  readonly durability?: 'sync' | 'async' | 'exit'
  /** Milliseconds after which a process that drives a tree and is not heard of counts as gone. 30,000 by default. */
  readonly leaseMs?: number
  /** What beats and polls are paced by. */
  readonly every?: Every
}

export interface TurnRequest {
  readonly agent: string
  readonly input: string
  /** An earlier thread of this agent to go on with; a new one by default. */
  readonly threadId?: string
  /** Absolute path of the directory in which the tree's tools work. */
  readonly workspace?: string
}

export interface TurnResult {
  readonly threadId: string
  readonly outcome: Outcome
  /** Of the thread so far, with all that its children reported. */
  readonly usage: Usage
}

/** A turn on its way. Iterating gives the events of the whole tree from its start to its result. */
export interface Turn extends AsyncIterable<AgentEvent> {
  readonly threadId: string
  readonly result: Promise<TurnResult>
}

export interface AgentRuntime {
  /** @throws RuntimeError UNKNOWN_AGENT, UNKNOWN_THREAD, THREAD_BUSY, THREAD_ASKING, WORKSPACE_MISSING */
  startTurn(request: TurnRequest): Promise<TurnResult>
  /** As `startTurn`, and returns as soon as the turn is under way. Model text arrives piece by piece. */
  startStreamingTurn(request: TurnRequest): Promise<Turn>
  /**
   * Drives a tree on that was interrupted: by a crash, by `close`, by a failure.
   * @throws RuntimeError UNKNOWN_THREAD, RUN_CANCELLED
   */
  resume(threadId: string): Promise<Turn>
  /**
   * Finds every tree that a process left in the middle when it died, and drives it on. Calls that were at work then and may
   * not be repeated are reported to their model as of unknown outcome. What another process drives is left to it.
   */
  recover(): Promise<Turn[]>
  /**
   * The events of a tree after number `after`, from the journal: all that are kept, and with a `signal` also those to come,
   * until it aborts. Pieces of model text are not kept.
   */
  events(threadId: string, page?: { after?: number; signal?: AbortSignal }): AsyncIterable<AgentEvent>
  /** A new thread that begins at a checkpoint of any thread, and is driven on. @throws RuntimeError UNKNOWN_CHECKPOINT */
  resumeFrom(from: { threadId: string; checkpointId: string }): Promise<Turn>
  /** As `resumeFrom`, without driving it. */
  fork(from: { threadId: string; checkpointId: string }): Promise<ThreadRecord>
  /**
   * Gives an ask its one decision and drives on what waited for it. Returns once the decision is on record.
   * @throws RuntimeError UNKNOWN_ASK, ASK_DECIDED, ASK_STALE, BAD_DECISION; nothing has changed then
   */
  resolveInput(askId: string, decision: Decision): Promise<Turn>
  /**
   * Says something to an agent at work, anywhere in a tree, also from another process: its very next model call reads it,
   * once. One that has ended reads it in its next turn.
   */
  inject(threadId: string, text: string): Promise<void>
  /** Stops a thread and all below it, for good, also where another process drives it; the thread answers its next message. */
  cancelRun(threadId: string, reason?: string): Promise<void>
  getSnapshot(threadId: string): Promise<Snapshot>
  /** Checkpoints, newest first. `limit` defaults to 100. */
  history(threadId: string, page?: { limit?: number }): Promise<HistoryEntry[]>
  /** Open asks, oldest first; of every tree, or of the one that a thread belongs to. */
  openAsks(threadId?: string): Promise<Ask[]>
  /** Root threads, the last touched first. */
  threads(page?: { limit?: number }): Promise<ThreadRecord[]>
  /** Stops whatever runs here so that it can be resumed. The store stays open: it is its owner's. */
  close(): Promise<void>
}

export function agentRuntime(options: RuntimeOptions): AgentRuntime {
  const { saver, journal } = options.store
  const clock = options.clock ?? { now: () => Date.now() }
  const ids = options.ids ?? { next: () => crypto.randomUUID() }
  const pace = options.every ?? every
  const holder = `${options.store.holder}/${ids.next()}`
  const known = registry(options.agents)
  const { driver, hub, streaming } = wired({
    registry: known,
    saver,
    journal,
    clock,
    ids,
    durability: options.durability ?? 'sync',
    obey: ({ id, threadId, text }) => cancelHere(threadId, text).then(() => void journal.takeLetter(id)),
    lease: { holder, ttlMs: options.leaseMs ?? 30_000, every: pace }
  })

  async function threadOf(threadId: string): Promise<ThreadRecord> {
    const thread = await journal.thread(threadId)
    if (!thread) throw new RuntimeError('UNKNOWN_THREAD', `no thread ${threadId} in this store`)
    return thread
  }

  async function threadFor({ agent, input, threadId, workspace }: TurnRequest): Promise<ThreadRecord> {
    const name = known.agent(agent).charter.name
    const at = clock.now()
    if (threadId !== undefined) return restarted(await threadOf(threadId), { agent: name, at })
    const id = ids.next()
    const thread: ThreadRecord = {
      threadId: id,
      rootThreadId: id,
      parentThreadId: null,
      taskId: null,
      agent: name,
      path: name,
      task: input,
      workspace: workspace === undefined ? null : await openDirectory(workspace),
      status: 'running',
      createdAt: at,
      updatedAt: at
    }
    await journal.saveThread(thread)
    return thread
  }

  async function restarted(thread: ThreadRecord, { agent, at }: { agent: string; at: number }): Promise<ThreadRecord> {
    const { threadId, status, parentThreadId } = thread
    if (parentThreadId)
      throw new RuntimeError(
        'BAD_ARGUMENTS',
        `thread ${threadId} is a child; a turn is started on its root, ${thread.rootThreadId}`
      )
    if (thread.agent !== agent)
      throw new RuntimeError('UNKNOWN_AGENT', `thread ${threadId} is one of "${thread.agent}", not of "${agent}"`)
    if (driver.running(threadId))
      throw new RuntimeError('THREAD_BUSY', `thread ${threadId} is at work; wait for it or cancel it`)
    if (status === 'asking')
      throw new RuntimeError('THREAD_ASKING', `thread ${threadId} waits for a decision; answer its asks or cancel it`)
    if (status === 'running' || status === 'paused')
      throw new RuntimeError('THREAD_BUSY', `thread ${threadId} is in the middle of a turn; resume it or cancel it`)
    const running: ThreadRecord = { ...thread, status: 'running', updatedAt: at }
    await journal.saveThread(running)
    return running
  }

  /** Drives a root thread, with its events from this moment on. */
  function turnOn(root: ThreadRecord, start?: Start): Turn {
    const feed = hub.follow(root.threadId)
    const result = driven(root, start).then((standing) => resultOf(root, standing))
    void result.finally(feed.end).catch(() => {})
    return { threadId: root.threadId, result, [Symbol.asyncIterator]: () => feed[Symbol.asyncIterator]() }
  }

  /** Drives a tree, or waits for the process that does. A new turn does not wait. */
  async function driven(root: ThreadRecord, start?: Start): Promise<Standing> {
    const standing = await driver.drive(root, start)
    if (!driver.isElsewhere(standing)) return standing
    if (start) throw new RuntimeError('THREAD_BUSY', `another process drives thread ${root.threadId}`)
    await sleep(POLL_MS)
    return closed ? { ...standing, outcome: CLOSED } : driven(await threadOf(root.threadId))
  }

  /** As `turnOn`, with the models' text piece by piece. */
  function streamingTurnOn(root: ThreadRecord, start?: Start): Turn {
    streaming.add(root.threadId)
    const turn = turnOn(root, start)
    void turn.result.finally(() => streaming.delete(root.threadId)).catch(() => {})
    return turn
  }

  function resultOf({ threadId }: ThreadRecord, { outcome, usage }: Standing): TurnResult {
    return { threadId, outcome, usage }
  }

  /** An accepted input is in the journal before anything is done with it, and leaves it when a checkpoint has it. */
  async function begin(request: TurnRequest, { stream }: { stream: boolean }): Promise<Turn> {
    const { input } = request
    const root = await threadFor(request)
    const { threadId } = root
    const letterId = ids.next()
    await journal.send({
      id: letterId,
      rootThreadId: threadId,
      threadId,
      kind: 'queue',
      text: input,
      sentAt: clock.now()
    })
    const start: Start = { input, grants: [], letterId }
    return stream ? streamingTurnOn(root, start) : turnOn(root, start)
  }

  /** The input of a turn that a process took on and did not get to a checkpoint. */
  async function unbegun(root: ThreadRecord): Promise<Start | undefined> {
    const letters = (await journal.letters(root.threadId)).filter(({ kind }) => kind === 'queue')
    const state = await saver.getTuple({ configurable: { thread_id: root.threadId, checkpoint_ns: '' } })
    const messages = (state?.checkpoint.channel_values.messages ?? []) as { id?: string }[]
    const present = new Set(messages.map(({ id }) => id))
    for (const { id } of letters) if (present.has(id)) await journal.takeLetter(id)
    const [first] = letters.filter(({ id }) => !present.has(id))
    return first && { input: first.text, grants: [], letterId: first.id }
  }

  /** Settles whatever a process that is gone has left in the middle: each tree is driven on by exactly one runtime. */
  async function recover(): Promise<Turn[]> {
    const unfinished = await journal.unfinished()
    return Promise.all(unfinished.map(async (root) => streamingTurnOn(root, await unbegun(root))))
  }

  async function resume(threadId: string): Promise<Turn> {
    const thread = await threadOf(threadId)
    const root = await threadOf(thread.rootThreadId)
    if (root.status === 'cancelled')
      throw new RuntimeError(
        'RUN_CANCELLED',
        `thread ${root.threadId} was cancelled; send it a message, or fork it at a checkpoint`
      )
    return streamingTurnOn(root, await unbegun(root))
  }

  /** A page at a time from the journal, and what comes later as it is kept; so no reader can hold up a run. */
  async function* events(threadId: string, { after = 0, signal }: { after?: number; signal?: AbortSignal } = {}) {
    const { rootThreadId } = await threadOf(threadId)
    let seen = after
    while (!signal?.aborted) {
      const page = await journal.eventsOf(rootThreadId, { after: seen, limit: EVENTS_PAGE })
      yield* page
      seen = page.at(-1)?.seq ?? seen
      if (page.length === EVENTS_PAGE) continue
      if (!signal) return
      await sleep(POLL_MS)
    }
  }

  async function forked({ threadId, checkpointId }: { threadId: string; checkpointId: string }): Promise<ThreadRecord> {
    const from = await threadOf(threadId)
    return fork({ from, checkpointId, as: ids.next() }, { saver, journal, clock })
  }

  async function resolveInput(askId: string, given: Decision): Promise<Turn> {
    const record = await journal.ask(askId)
    if (!record) throw new RuntimeError('UNKNOWN_ASK', `no ask ${askId} in this store`)
    refuseUnlessOpen(record)
    const decision = parsedDecision(given)
    const thread = await threadOf(record.ask.threadId)
    refuseBeyondRemit(record.ask, { decision, thread })
    const by: Decider = { kind: 'person' }
    if (!(await journal.decideAsk(askId, { decision, by, at: clock.now() })))
      refuseUnlessOpen((await journal.ask(askId))!)
    const ladder = await ancestryOf(thread)
    const root = ladder.pop()!
    for (const rung of ladder) void driver.drive(rung)
    driver.changes(root.threadId).ring()
    return streamingTurnOn(root)
  }

  /** From the thread itself up to its root. */
  async function ancestryOf(thread: ThreadRecord): Promise<ThreadRecord[]> {
    if (!thread.parentThreadId) return [thread]
    return [thread, ...(await ancestryOf(await threadOf(thread.parentThreadId)))]
  }

  /** A person outranks every rung, but not a denial: what the remits of the ladder refuse stays refused. */
  function refuseBeyondRemit(ask: Ask, { decision, thread }: { decision: Decision; thread: ThreadRecord }): void {
    if (ask.kind === 'permission' && decision.kind === 'answer')
      throw new RuntimeError('BAD_DECISION', 'a permission is approved, edited or rejected; it takes no other answer')
    const { judge } = known.agent(thread.agent)
    if (ask.kind !== 'permission' || !judge || (decision.kind !== 'approve' && decision.kind !== 'edit')) return
    const args = decision.kind === 'edit' ? decision.args : (ask.args as Record<string, unknown>)
    const judgement = judge(
      { id: ask.toolCallId, name: ask.tool, args },
      { remits: known.remitsAlong(thread.path), grants: [] }
    )
    if (judgement.kind === 'deny' || judgement.kind === 'invalid')
      throw new RuntimeError('BAD_DECISION', `the call cannot be allowed: ${judgement.reason}`)
  }

  async function stop(threads: readonly ThreadRecord[], as: Stop): Promise<void> {
    await driver.stop(
      threads.map(({ threadId }) => threadId),
      as
    )
    for (const { threadId, status } of threads)
      if (!ENDED.has(status)) await journal.setThreadStatus(threadId, as.status, clock.now())
  }

  /** Where another process drives the tree, that one is told, and this one sees to it that nothing is left. */
  async function cancelRun(threadId: string, reason = 'cancelled by a person'): Promise<void> {
    const { rootThreadId } = await threadOf(threadId)
    const id = ids.next()
    if (await isDrivenElsewhere(rootThreadId)) {
      await journal.send({ id, rootThreadId, threadId, kind: 'cancel', text: reason, sentAt: clock.now() })
      while ((await isDrivenElsewhere(rootThreadId)) && (await isWaiting(id, rootThreadId))) await sleep(POLL_MS)
      await journal.takeLetter(id)
    }
    await cancelHere(threadId, reason)
  }

  async function isDrivenElsewhere(rootThreadId: string): Promise<boolean> {
    const lease = await journal.lease(rootThreadId)
    return lease !== undefined && lease.holder !== holder && lease.expiresAt > clock.now()
  }

  async function isWaiting(letterId: string, rootThreadId: string): Promise<boolean> {
    return (await journal.letters(rootThreadId)).some(({ id }) => id === letterId)
  }

  async function inject(threadId: string, text: string): Promise<void> {
    const { rootThreadId } = await threadOf(threadId)
    await journal.send({ id: ids.next(), rootThreadId, threadId, kind: 'steer', text, sentAt: clock.now() })
  }

  async function cancelHere(threadId: string, reason: string): Promise<void> {
    const thread = await threadOf(threadId)
    const subtree = async () => subtreeOf(threadId, await journal.threadsOf(thread.rootThreadId))
    await stop(await subtree(), { status: 'cancelled', reason })
    // What a run was just starting when it was stopped is there now.
    const threads = await subtree()
    await stop(threads, { status: 'cancelled', reason })
    await journal.withdrawAsks(threads.map((each) => each.threadId))
  }

  let closed = false

  async function close(): Promise<void> {
    closed = true
    await driver.stop(driver.active(), CLOSED)
  }

  return {
    startTurn: async (request) => (await begin(request, { stream: false })).result,
    startStreamingTurn: (request) => begin(request, { stream: true }),
    recover,
    events,
    resume,
    fork: forked,
    resumeFrom: async (from) => streamingTurnOn(await forked(from)),
    resolveInput,
    cancelRun,
    inject,
    getSnapshot: async (threadId) => snapshotOf(await threadOf(threadId), { registry: known, saver, journal }),
    async history(threadId, { limit = 100 } = {}) {
      const thread = await threadOf(threadId)
      return historyOf(known.agent(thread.agent), { threadId, saver, limit })
    },
    async openAsks(threadId) {
      const filter = threadId === undefined ? {} : { rootThreadId: (await threadOf(threadId)).rootThreadId }
      return (await journal.openAsks(filter)).map(({ ask }) => ask)
    },
    threads: ({ limit = 50 } = {}) => journal.roots({ limit }),
    close
  }
}

/** How often a runtime looks whether another has done something. */
const POLL_MS = 100
const EVENTS_PAGE = 500
const CLOSED: Stop = { status: 'paused', reason: 'the runtime was closed' }

const ENDED: ReadonlySet<ThreadRecord['status']> = new Set(['completed', 'failed', 'cancelled'])

function refuseUnlessOpen({ status, ask }: AskRecord): void {
  if (status === 'decided') throw new RuntimeError('ASK_DECIDED', `ask ${ask.id} has its decision already`)
  if (status === 'withdrawn')
    throw new RuntimeError('ASK_STALE', `ask ${ask.id} is no longer asked: its run was cancelled`)
}

function parsedDecision(given: unknown): Decision {
  const parsed = Decision.safeParse(given)
  if (parsed.success) return parsed.data
  throw new RuntimeError(
    'BAD_DECISION',
    `a decision is approve, edit with args, reject or answer with a value: ${parsed.error.message}`
  )
}
