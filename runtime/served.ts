// A graph that somebody else drives, LangGraph Server for one: its world is made from the config of the run alone.
// Children live on the checkpointer that the run was lent; asks are the interrupts, so the journal is only in memory.
import type { RunnableConfig } from '@langchain/core/runnables'
import { type BaseCheckpointSaver, MemorySaver } from '@langchain/langgraph'
import { memoryJournal } from '../checkpointers/memory/journal.ts'
import type { ThreadRecord } from '../state/threads.ts'
import type { Agent, Ports } from './agent.ts'
import { registry } from './registry.ts'
import { type Wired, wired } from './wired.ts'

const clock = { now: () => Date.now() }
const ids = { next: () => crypto.randomUUID() }
const NEVER = new AbortController().signal

/** The ports of a run of `agent` that was started past any runtime of ours. */
export function servedPorts(agent: Agent): (config: RunnableConfig) => Ports {
  const bySaver = new WeakMap<BaseCheckpointSaver, Wired>()
  const unlent = new MemorySaver()

  function wiredFor(saver: BaseCheckpointSaver): Wired {
    const found = bySaver.get(saver)
    if (found) return found
    const parts = { registry: registry([agent]), saver, journal: memoryJournal(), clock, ids }
    const fresh = wired({ ...parts, durability: 'sync', toCustomStream: true })
    bySaver.set(saver, fresh)
    return fresh
  }

  return (config) => {
    const { __pregel_checkpointer: saver = unlent, thread_id, run_id } = config.configurable ?? {}
    const run = { runId: String(run_id ?? thread_id), signal: config.signal ?? NEVER }
    return wiredFor(saver as BaseCheckpointSaver).portsOf(rootThread(agent, String(thread_id)), run)(config)
  }
}

function rootThread({ charter: { name } }: Agent, threadId: string): ThreadRecord {
  const at = clock.now()
  return {
    threadId,
    rootThreadId: threadId,
    parentThreadId: null,
    taskId: null,
    agent: name,
    path: name,
    task: '',
    workspace: process.env.DEPUTY_WORKSPACE ?? null,
    status: 'running',
    createdAt: at,
    updatedAt: at
  }
}
