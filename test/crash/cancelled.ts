// A tree of ten agents that is cancelled after its k-th event.
import { setImmediate as turnOfTheLoop } from 'node:timers/promises'
import { assert } from 'vitest'
import { openStore } from '../../checkpointers/open.ts'
import { scripted } from '../../models/scripted.ts'
import { defineAgent } from '../../prebuilt/define-agent.ts'
import type { Agent } from '../../runtime/agent.ts'
import { agentRuntime } from '../../runtime/agent-runtime.ts'
import { allow, ask } from '../../state/remit.ts'
import { effects } from '../support/effects.ts'
import { type Move, resultsOf, taskOf } from '../support/script.ts'
import { seeded } from './seeded.ts'

const GO = 'go'
const REMIT = [allow('note'), ask('touch')]
const approve = { kind: 'approve', scope: 'once' } as const

/** Cancels after `event` events and checks what must hold. Gives the number of events that there were. */
export async function cancelledAfter({ event, seed }: { event: number; seed: number }): Promise<number> {
  try {
    return await cancelled({ event, seed })
  } catch (error) {
    throw new Error(`seed ${seed}, cancelled after event ${event}: ${(error as Error).message}`, { cause: error })
  }
}

async function cancelled({ event: last, seed }: { event: number; seed: number }): Promise<number> {
  const started: string[] = []
  const store = await openStore('memory:')
  const runtime = agentRuntime({ store, agents: [tenAgents({ started, random: seeded(seed) })] })
  const turn = await runtime.startStreamingTurn({ agent: 'lead', input: GO })
  const answers: Promise<unknown>[] = []
  let seen = 0
  let cancelling: Promise<void> | undefined
  let startedBefore = -1
  for await (const event of turn) {
    if (event.type === 'ask.opened') answers.push(answered(event.ask.id))
    if (++seen === last)
      cancelling = runtime.cancelRun(turn.threadId, 'enough').then(() => {
        startedBefore = started.length
      })
  }
  cancelling ??= runtime.cancelRun(turn.threadId, 'enough').then(() => {
    startedBefore = started.length
  })
  await cancelling
  await Promise.all(answers)
  const { outcome } = await turn.result
  for (let turns = 0; turns < 50; turns++) await turnOfTheLoop()
  assert.deepEqual(started.slice(startedBefore), [], 'nothing starts after the cancel')

  const { subtree } = await runtime.getSnapshot(turn.threadId)
  for (const { thread } of subtree) assert.include(ENDED, thread.status, thread.path)
  assert.equal(subtree[0]!.thread.status, outcome.status, 'the outcome is what the journal has')
  assert.deepEqual(await runtime.openAsks(), [], 'nothing is asked any more')
  const next = await runtime.startTurn({ agent: 'lead', input: 'hello?', threadId: turn.threadId })
  assert.deepEqual(next.outcome, { status: 'completed', text: 'you said hello?' })
  await runtime.close()
  return seen

  /** An answer that comes too late is refused. */
  async function answered(askId: string): Promise<void> {
    try {
      await (await runtime.resolveInput(askId, approve)).result
    } catch (error) {
      assert.equal((error as { code?: string }).code, 'ASK_STALE')
    }
  }
}

const ENDED = ['completed', 'failed', 'cancelled']

/** A lead, three coders, two testers for each; models and tools take a moment or two, by chance. */
function tenAgents({ started, random }: { started: string[]; random: () => number }): Agent {
  const moment = async () => {
    for (let turns = Math.floor(random() * 4); turns > 0; turns--) await turnOfTheLoop()
  }
  const slow = (name: string) => ({
    ...effects(name),
    async run() {
      started.push(name)
      await moment()
      return name
    }
  })
  const tools = [slow('note'), slow('touch')]
  const model = (moves: (task: string, results: readonly string[]) => Move) =>
    scripted(async (messages) => {
      started.push('model')
      await moment()
      const move = moves(taskOf(messages), resultsOf(messages))
      return typeof move === 'string' ? move : { calls: move }
    })
  const delegate = (agent: string, task: string) => ({ name: 'delegate', args: { agent, task } })
  const tester = defineAgent({
    name: 'tester',
    tools,
    remit: REMIT,
    model: model((task, results) => {
      if (results.length > 1) return results.join()
      return [{ name: results.length === 0 ? 'note' : 'touch', args: { what: task } }]
    })
  })
  const coder = defineAgent({
    name: 'coder',
    remit: REMIT,
    delegates: [tester],
    model: model((task, results) =>
      results.length > 0 ? results.join() : [delegate('tester', `${task}1`), delegate('tester', `${task}2`)]
    )
  })
  return defineAgent({
    name: 'lead',
    remit: REMIT,
    delegates: [coder],
    model: model((task, results) => {
      if (task !== GO) return `you said ${task}`
      return results.length > 0 ? results.join() : ['a', 'b', 'c'].map((word) => delegate('coder', word))
    })
  })
}
