// A graph that somebody else drives, LangGraph Server for one: its world is made from the config of the run alone.
//
// S1. Children live on the checkpointer that the run was lent; asks are the interrupts, so the journal is only in memory.
// S2. What a process before this one delegated is found again in the checkpoints.
// S3. When the run is stopped, so is all below it; driven again, it goes on from where it stands.
import type { RunnableConfig } from '@langchain/core/runnables'
import { type BaseCheckpointSaver, MemorySaver } from '@langchain/langgraph'
import { memoryJournal } from '../checkpointers/memory/journal.ts'
import type { ChildrenPort } from '../state/context.ts'
import type { Hook } from '../state/hooks.ts'
import type { Entry, Journal, RowWrite } from '../state/journal.ts'
import type { Policy } from '../state/policy.ts'
import { isOpen, type Task, taskBase } from '../state/task-ledger.ts'
import type { ThreadRecord } from '../state/threads.ts'
import type { Agent, Ports } from './agent.ts'
import { ledgerOf } from './dialects/deputy.ts'
import { hooksOf } from './hooks/hooks.ts'
import { every, sleep } from './pace.ts'
import { registry } from './registry.ts'
import { type Wired, wired } from './wired.ts'

const clock = { now: () => Date.now() }
const ids = { next: () => crypto.randomUUID() }
const NEVER = new AbortController().signal

type Served = Wired & { readonly journal: Journal }

/** What holds for a graph that somebody else drives, as `agentRuntime` takes it for those that it drives. */
export interface ServedOptions {
  /** What the person at the root says in advance; none by default. docs/remit.md */
  readonly policy?: Policy
  /** What is asked at fixed points of every run; of the root there is no `onDecision` and no `onOutcome`. docs/hooks.md */
  readonly hooks?: readonly Hook[]
}

/** The ports of a run of `agent` that was started past any runtime of ours. */
export function servedPorts(agent: Agent, { policy, hooks = [] }: ServedOptions): (config: RunnableConfig) => Ports {
  const bySaver = new WeakMap<BaseCheckpointSaver, Served>()
  const unlent = new MemorySaver()

  function wiredFor(saver: BaseCheckpointSaver): Served {
    const found = bySaver.get(saver)
    if (found) return found
    const journal = withoutRecords(memoryJournal())
    const lease = { holder: ids.next(), ttlMs: LEASE_MS, every }
    const paced = { lease, sleep, chance: Math.random }
    const parts = {
      registry: registry([agent], policy && { policy }),
      saver,
      journal,
      clock,
      ids,
      ...paced,
      obey: async () => {},
      keptPolicy: async () => null
    }
    const kept = { durability: 'sync', keepEvents: Number.POSITIVE_INFINITY, keepsCheckpoints: false } as const
    const rest = { ...kept, outlivedRoots: false, hooksOf: hooksOf(hooks, clock) }
    const fresh = { journal, ...wired({ ...parts, ...rest, toCustomStream: true }) }
    bySaver.set(saver, fresh)
    return fresh
  }

  return (config) => {
    const { __pregel_checkpointer, thread_id, run_id } = config.configurable ?? {}
    const saver = (__pregel_checkpointer as BaseCheckpointSaver | undefined) ?? unlent
    const parts = wiredFor(saver)
    const root = rootThread(agent, String(thread_id))
    const run = { runId: String(run_id ?? thread_id), signal: config.signal ?? NEVER }
    parts.hub.attach(root.threadId)
    const ports = parts.portsOf({ thread: root, run, kept: null })(config)
    return { ...ports, children: servedChildren(ports.children, { ...parts, root, saver }) }
  }
}

/** Who serves the graph keeps its events and knows its runs; what is kept here would only grow. */
function withoutRecords({ append, ...journal }: Journal): Journal {
  const keptHere = ({ row }: Entry) => (row && FORGOTTEN.has(row.kind) ? {} : { row })
  return { ...journal, append: (entries, tree) => append(entries.map(keptHere), tree) }
}
const FORGOTTEN: ReadonlySet<RowWrite['kind']> = new Set(['call.begun', 'call.finished', 'usage'])
const LEASE_MS = 30_000

/** The children of a root that we do not drive: nobody but its node knows when it goes on, or is stopped. */
function servedChildren(
  children: ChildrenPort,
  { driver, journal, saver, root }: Served & { saver: BaseCheckpointSaver; root: ThreadRecord }
): ChildrenPort {
  async function stopBelow(): Promise<void> {
    const below = (await journal.threadsOf(root.threadId)).map(({ threadId }) => threadId)
    await driver.stop(below, { status: 'paused', reason: 'the run above was stopped' })
  }

  return {
    ...children,
    async look(tasks) {
      await adopt(tasks, { parent: root, saver, journal })
      return children.look(tasks)
    },
    async send(message) {
      await adopt([{ ...taskBase(message.task), status: 'running' }], { parent: root, saver, journal })
      return children.send(message)
    },
    async next(waiting) {
      await adopt([...waiting.tasks, ...waiting.beside], { parent: root, saver, journal })
      try {
        return await children.next(waiting)
      } finally {
        if (waiting.signal.aborted) await stopBelow()
      }
    }
  }
}

/** Writes into the journal what the checkpoints know of open tasks, and of those below them, if it is not there. */
async function adopt(
  tasks: readonly Task[],
  { parent, saver, journal }: { parent: ThreadRecord; saver: BaseCheckpointSaver; journal: Journal }
): Promise<void> {
  for (const { id, agent, task, threadId, path, background = false, untrusted } of tasks.filter(isOpen)) {
    if (await journal.thread(threadId)) continue
    const handed = { taskId: id, agent, path, task, background, ...(untrusted !== undefined && { untrusted }) }
    const child = { ...parent, threadId, parentThreadId: parent.threadId, ...handed }
    await journal.saveThread(child)
    const tuple = await saver.getTuple({ configurable: { thread_id: threadId, checkpoint_ns: '' } })
    await adopt(ledgerOf(tuple?.checkpoint.channel_values), { parent: child, saver, journal })
  }
}

function rootThread({ charter: { name } }: Agent, threadId: string): ThreadRecord {
  const at = clock.now()
  return {
    threadId,
    rootThreadId: threadId,
    parentThreadId: null,
    principal: null,
    taskId: null,
    agent: name,
    path: name,
    task: '',
    background: false,
    workspace: process.env.DEPUTY_WORKSPACE ?? null,
    policy: null,
    status: 'running',
    createdAt: at,
    updatedAt: at
  }
}
