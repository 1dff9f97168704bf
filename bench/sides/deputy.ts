import assert from 'node:assert/strict'
import { z } from 'zod'
import type { Store } from '../../checkpointers/store.ts'
import { defineAgent } from '../../prebuilt/define-agent.ts'
import { agentRuntime } from '../../runtime/agent-runtime.ts'
import { allow } from '../../state/remit.ts'
import { tool } from '../../tools/tool.ts'
import { checkSupervisor, checkWorker } from '../checks.ts'
import type { Side } from '../measure.ts'
import { supervisorModel, textOf, WORK, type WorkerWork, workDone, workerModel } from '../workload.ts'

const workTool = tool({
  name: WORK,
  description: 'Does a step of the work',
  effect: 'read',
  args: z.object({ step: z.number() }),
  run: async ({ step }) => workDone(step)
})

export function worker(work: WorkerWork) {
  return defineAgent({ name: 'worker', model: workerModel(work), tools: [workTool], remit: [allow(WORK)] })
}

/** The compiled graph of an agent, invoked as any graph is. */
export function bareTurns({ steps }: { steps: number }): Side {
  const { graph } = worker({ steps })
  const input = textOf('task 0')
  return async () => {
    const { messages } = await graph.invoke({ messages: [{ role: 'user', content: input }] })
    return { check: () => checkWorker(messages, { input, steps }) }
  }
}

/** Turns on a store, each on a thread of its own. */
export function storedTurns(store: Store, { steps }: { steps: number }): Side {
  const runtime = agentRuntime({ store, agents: [worker({ steps })], durability: 'sync' })
  const input = textOf('task 0')
  return async () => {
    const { threadId, outcome } = await runtime.startTurn({ agent: 'worker', input })
    return {
      async check() {
        assert.equal(outcome.status, 'completed')
        const { values } = await runtime.getSnapshot(threadId)
        checkWorker(values.messages, { input, steps })
      }
    }
  }
}

/** A supervisor that delegates to all its children at once. */
export function delegatingTurns(store: Store, { children, ...work }: WorkerWork & { children: number }): Side {
  const lead = defineAgent({
    name: 'lead',
    model: supervisorModel(children),
    delegates: [worker(work)],
    remit: [allow(WORK)] // a child may do what all above it may
  })
  const runtime = agentRuntime({ store, agents: [lead], durability: 'sync' })
  const input = textOf('the whole')
  return async () => {
    const { threadId, outcome } = await runtime.startTurn({ agent: 'lead', input })
    return {
      async check() {
        assert.equal(outcome.status, 'completed')
        const { values, subtree } = await runtime.getSnapshot(threadId)
        checkSupervisor(values.messages, { input, children })
        assert.equal(subtree.length, 1 + children)
      }
    }
  }
}
