// A tree of ten agents that is cancelled after its k-th event.
import { setImmediate as turnOfTheLoop } from 'node:timers/promises'
import { assert } from 'vitest'
import { openStore } from '../../checkpointers/open.ts'
import { scripted } from '../../models/scripted.ts'
import { defineAgent } from '../../prebuilt/define-agent.ts'
import type { Agent } from '../../runtime/agent.ts'
import { agentRuntime, type TurnResult } from '../../runtime/agent-runtime.ts'
import type { AgentEvent } from '../../state/events.ts'
import { allow, ask } from '../../state/remit.ts'
import type { ThreadRecord } from '../../state/threads.ts'
import { collected } from '../support/collected.ts'
import { effects } from '../support/effects.ts'
import { type Move, resultsOf, taskOf } from '../support/script.ts'
import { seeded } from './seeded.ts'

const GO = 'go'
const REMIT = [allow('note'), ask('touch')]
const approve = { kind: 'approve', scope: 'once' } as const

/** What came of one cancel. */
export interface Cancelled {
  /** How many events there were until the tree was at rest. */
  readonly events: number
  /** How many agents the tree has come to. */
  readonly agents: number
  /** Milliseconds from the call of the cancel to the last start of anything, 0 where nothing started any more. */
  readonly lastStartMs: number
  /** Milliseconds until the cancel returned. */
  readonly returnedMs: number
}

/** Cancels after `event` events and checks what must hold. */
export async function cancelledAfter({ event, seed }: { event: number; seed: number }): Promise<Cancelled> {
  try {
    return await cancelled({ event, seed })
  } catch (error) {
    throw new Error(`seed ${seed}, cancelled after event ${event}: ${(error as Error).message}`, { cause: error })
  }
}

async function cancelled({ event: last, seed }: { event: number; seed: number }): Promise<Cancelled> {
  const started: Start[] = []
  const store = await openStore('memory:')
  const runtime = agentRuntime({ store, agents: [tenAgents({ started, random: seeded(seed) })] })
  const turn = await runtime.startStreamingTurn({ agent: 'lead', input: GO })
  const { threadId } = turn
  const answers: Promise<unknown>[] = []
  let seen = 0
  let cancelling: Promise<Point> | undefined
  for await (const event of turn) {
    if (event.type === 'ask.opened') answers.push(answered(event.ask.id))
    if (++seen === last) cancelling = cancelNow()
  }
  const { called, returned, startedBefore, seqBefore, queued } = await (cancelling ?? cancelNow())
  await Promise.all(answers)
  const { outcome } = await turn.result
  for (let turns = 0; turns < 50; turns++) await turnOfTheLoop()
  assert.deepEqual(started.slice(startedBefore), [], 'nothing starts once the cancel has returned')
  const late = await store.journal.eventsOf(threadId, { after: seqBefore, limit: 1000 })
  assert.deepEqual(
    late.filter(({ type }) => type.endsWith('.started')),
    [],
    'and nothing is said to'
  )
  if (queued) assert.include(ENDED, (await queued).outcome.status, 'what waited to begin has ended with it')

  const { subtree } = await runtime.getSnapshot(threadId)
  const told = await collected(runtime.events(threadId))
  for (const { thread } of subtree) assertEnded(thread, told)
  if (!queued) assert.equal(subtree[0]!.thread.status, outcome.status, 'the outcome is what the journal has')
  assert.deepEqual(await runtime.openAsks(), [], 'nothing is asked any more')
  assert.deepEqual(await store.journal.letters(threadId), [], 'nothing waits to begin')
  const next = await runtime.startTurn({ agent: 'lead', input: 'hello?', threadId })
  assert.deepEqual(next.outcome, { status: 'completed', text: 'you said hello?' })
  await runtime.close()
  const lastStart = started.slice(0, startedBefore).at(-1)?.at ?? called
  const lastStartMs = Math.max(0, lastStart - called)
  return { events: seen, agents: subtree.length, lastStartMs, returnedMs: returned - called }

  /** Every third time with a message that waits for its turn. */
  async function cancelNow(): Promise<Point> {
    const waiting = { agent: 'lead', input: 'later', threadId, whenBusy: 'queue' } as const
    const queued = seed % 3 === 0 ? (await runtime.startStreamingTurn(waiting)).result : undefined
    const called = performance.now()
    await runtime.cancelRun(threadId, 'enough')
    const returned = performance.now()
    const startedBefore = started.length
    return { called, returned, startedBefore, seqBefore: await store.journal.lastSeq(threadId), queued }
  }

  /** An answer that comes too late is refused. */
  async function answered(askId: string): Promise<void> {
    try {
      await (await runtime.resolveInput(askId, approve)).result
    } catch (error) {
      assert.equal((error as { code?: string }).code, 'ASK_STALE')
    }
  }
}

interface Start {
  readonly what: string
  readonly at: number
}

interface Point {
  readonly called: number
  readonly returned: number
  readonly startedBefore: number
  readonly seqBefore: number
  readonly queued: Promise<TurnResult> | undefined
}

/** It has come to its end, and one that was stopped at work says why. */
function assertEnded({ threadId, path, status }: ThreadRecord, events: readonly AgentEvent[]): void {
  assert.include(ENDED, status, path)
  const own = events.filter((event) => event.threadId === threadId)
  const end = own.findLast((event) => event.type === 'turn.finished')
  if (status !== 'cancelled' || !own.some(({ type }) => type === 'turn.started')) return
  const reason = end?.type === 'turn.finished' && end.outcome.status === 'cancelled' ? end.outcome.reason : ''
  assert.notEqual(reason, '', `${path} says why it was cancelled: ${JSON.stringify(end)}`)
}

const ENDED = ['completed', 'failed', 'cancelled']

/** A lead, three coders, two testers for each; models and tools take a moment or two, by chance. */
function tenAgents({ started, random }: { started: Start[]; random: () => number }): Agent {
  const moment = async () => {
    for (let turns = Math.floor(random() * 4); turns > 0; turns--) await turnOfTheLoop()
  }
  const slow = (name: string) => ({
    ...effects(name),
    async run() {
      started.push({ what: name, at: performance.now() })
      await moment()
      return name
    }
  })
  const tools = [slow('note'), slow('touch')]
  const model = (moves: (task: string, results: readonly string[]) => Move) =>
    scripted(async (messages) => {
      started.push({ what: 'model', at: performance.now() })
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
