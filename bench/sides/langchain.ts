import assert from 'node:assert/strict'
import { MemorySaver } from '@langchain/langgraph'
import { SqliteSaver } from '@langchain/langgraph-checkpoint-sqlite'
import Database from 'better-sqlite3'
import { createAgent, tool } from 'langchain'
import { z } from 'zod'
import { checkSupervisor, checkWorker } from '../checks.ts'
import type { Side } from '../measure.ts'
import { DELEGATE, supervisorModel, textOf, WORK, type WorkerWork, workDone, workerModel } from '../workload.ts'

export const PEER = 'langchain createAgent'

/** LangGraph's own limit would end a turn in the middle. */
const RECURSION_LIMIT = 100_000

const workTool = tool(async ({ step }) => workDone(step), {
  name: WORK,
  description: 'Does a step of the work',
  schema: z.object({ step: z.number() })
})

type On = { checkpointer?: MemorySaver | SqliteSaver }

export function worker(work: WorkerWork, on: On = {}) {
  return createAgent({ model: workerModel(work), tools: [workTool], ...on })
}

export function bareTurns({ steps }: { steps: number }): Side {
  const agent = worker({ steps })
  const input = textOf('task 0')
  return async () => {
    const turn = { messages: [{ role: 'user', content: input }] }
    const { messages } = await agent.invoke(turn, { recursionLimit: RECURSION_LIMIT })
    return { check: () => checkWorker(messages, { input, steps }) }
  }
}

/** Turns on a saver, each on a thread of its own. */
export function savedTurns(checkpointer: MemorySaver | SqliteSaver, { steps }: { steps: number }): Side {
  const agent = worker({ steps }, { checkpointer })
  const input = textOf('task 0')
  return async () => {
    const config = onNewThread()
    const { messages } = await agent.invoke({ messages: [{ role: 'user', content: input }] }, config)
    return {
      async check() {
        checkWorker(messages, { input, steps })
        const kept = await checkpointer.getTuple(config)
        checkWorker(kept?.checkpoint.channel_values.messages, { input, steps })
      }
    }
  }
}

/** A supervisor whose tool invokes a worker with its own config, so that the worker's checkpoints are below its thread. */
export function delegatingTurns(
  { db, saver }: SqliteSide,
  { children, ...work }: WorkerWork & { children: number }
): Side {
  const child = worker(work)
  const delegate = tool(
    async ({ task }, config) => {
      const { messages } = await child.invoke({ messages: [{ role: 'user', content: task }] }, config)
      return messages.at(-1)!.text
    },
    {
      name: DELEGATE,
      description: 'Hands a task to another agent',
      schema: z.object({ agent: z.enum(['worker']), task: z.string() })
    }
  )
  const agent = createAgent({ model: supervisorModel(children), tools: [delegate], checkpointer: saver })
  const input = textOf('the whole')
  return async () => {
    const config = onNewThread()
    const { messages } = await agent.invoke({ messages: [{ role: 'user', content: input }] }, config)
    return {
      check() {
        checkSupervisor(messages, { input, children })
        const kept = db.prepare<[string], { count: number }>(CHILDREN).get(config.configurable.thread_id)
        assert.equal(kept?.count, children)
      }
    }
  }
}

const CHILDREN = `
  select count(distinct checkpoint_ns) as count from checkpoints where thread_id = ? and checkpoint_ns <> ''
`

function onNewThread() {
  return {
    configurable: { thread_id: crypto.randomUUID() },
    durability: 'sync' as const,
    recursionLimit: RECURSION_LIMIT
  }
}

export interface SqliteSide {
  readonly saver: SqliteSaver
  readonly db: Database.Database
}

/** The official saver on a file of its own. It turns write-ahead logging on itself. */
export function openSqlite(path: string): SqliteSide {
  const db = new Database(path, { timeout: 5000 })
  return { db, saver: new SqliteSaver(db) }
}

export function openMemory(): MemorySaver {
  return new MemorySaver()
}
