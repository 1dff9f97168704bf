// The life of one tree of unruly agents, as a seed draws it: people say things, answer asks in any order and mixture, steer,
// cancel; processes die and others recover what they left. Whatever happens, every list of messages that a model is sent
// keeps the rules of all four providers.
import { setTimeout as sleep, setImmediate as turnOfTheLoop } from 'node:timers/promises'
import { type BaseMessage, isAIMessage, isToolMessage } from '@langchain/core/messages'
import { assert } from 'vitest'
import { openStore } from '../../checkpointers/open.ts'
import type { Store } from '../../checkpointers/store.ts'
import type { Agent } from '../../runtime/agent.ts'
import { type AgentRuntime, agentRuntime } from '../../runtime/agent-runtime.ts'
import type { Turn } from '../../runtime/turns.ts'
import type { Ask } from '../../state/asks.ts'
import type { Decision } from '../../state/decisions.ts'
import type { ThreadStatus } from '../../state/threads.ts'
import { manualClock } from '../crash/manual-clock.ts'
import { seeded } from '../crash/seeded.ts'
import { type CrashPoint, crashingStore, mortalProcess } from '../support/crashing-store.ts'
import { brokenRules } from '../support/provider-rules/all.ts'
import type { Broken } from '../support/provider-rules/rules.ts'
import type { StorePlace } from '../support/stores.ts'
import { callIdsOf, counted, type Tally } from './happenings.ts'
import { type Draw, LAST, LAST_ANSWER, oneOf, unrulyTree } from './unruly-tree.ts'

export interface Life {
  readonly seed: number
  makePlace(): Promise<StorePlace>
  readonly tally: Tally
}

/** Lives through it and checks what must hold. */
export async function lived({ seed, makePlace, tally }: Life): Promise<void> {
  const place = await makePlace()
  const isKept = place.url === 'memory:'
  const kept = isKept ? await openStore(place.url) : undefined
  const rejections: unknown[] = []
  const rejected = (reason: unknown) => void rejections.push(reason)
  process.on('unhandledRejection', rejected)
  const story = newStory({ seed, tally, lend: (work) => lent({ kept, url: place.url }, work) })
  try {
    await told(story)
    await turnOfTheLoop()
    assert.deepEqual(rejections, [], 'no rejection is left to itself')
  } catch (error) {
    throw new Error(`seed ${seed}, ${story.done.join(', ')}: ${(error as Error).message}`, { cause: error })
  } finally {
    process.off('unhandledRejection', rejected)
    await kept?.close()
    await place.remove()
  }
}

type Lend = <T>(work: (store: Store) => Promise<T>) => Promise<T>

/** A memory lives as long as the story; any other store is opened anew by each process. */
async function lent<T>(
  { kept, url }: { kept: Store | undefined; url: string },
  work: (store: Store) => Promise<T>
): Promise<T> {
  if (kept) return work(kept)
  const store = await openStore(url)
  return work(store).finally(store.close)
}

interface Story {
  readonly draw: Draw
  readonly tally: Tally
  readonly lend: Lend
  readonly agent: Agent
  readonly clock: ReturnType<typeof manualClock>
  /** What was done so far, for the one who reads of a failure. */
  readonly done: string[]
  readonly broken: { broken: Broken[]; messages: readonly BaseMessage[] }[]
  /** Every ask that was ever listed, and not answered since. */
  readonly open: Map<string, Ask>
  /** The kinds of decisions that each thread was given. */
  readonly decisions: Map<string, Set<Decision['kind']>>
  threadId: string | undefined
  isCancelled: boolean
}

function newStory({ seed, tally, lend }: { seed: number; tally: Tally; lend: Lend }): Story {
  const broken: Story['broken'] = []
  const momentary = seeded(seed + 1)
  const agent = unrulyTree({
    seed,
    async sees(messages) {
      tally['lists checked']++
      const found = brokenRules(messages)
      if (found.length > 0) broken.push({ broken: found, messages })
      for (let turns = Math.floor(momentary() * 3); turns > 0; turns--) await turnOfTheLoop()
    },
    wrote(calls, messages) {
      const known = new Set(messages.flatMap((message) => (isAIMessage(message) ? callIdsOf(message) : [])))
      tally['reused call ids'] += calls.filter(({ id }) => id !== undefined && known.has(id)).length
    }
  })
  const collections = { done: [], open: new Map(), decisions: new Map() }
  const start = { threadId: undefined, isCancelled: false }
  return { draw: seeded(seed), tally, lend, agent, clock: manualClock(), broken, ...collections, ...start }
}

const LEASE_MS = 30_000
/** Far beyond what any of this takes: a life that comes to no end shall be named by its seed. */
const WATCH_MS = 60_000

async function told(story: Story): Promise<void> {
  const sittings = 1 + Math.floor(story.draw() * 3)
  for (let nth = 0; nth < sittings; nth++) await sitting(story)
  await ending(story)
  assertAllKept(story)
  story.tally['threads with mixed decisions'] += [...story.decisions.values()].filter(({ size }) => size > 1).length
  await story.lend((store) => counted(store, { threadId: story.threadId!, tally: story.tally }))
}

/** One process, to its end: it recovers what it finds and does one or two things. */
async function sitting(story: Story): Promise<void> {
  const { draw } = story
  const point =
    draw() < 0.4 ? { step: 1 + Math.floor(draw() * 90), when: oneOf(['before', 'after'] as const, draw) } : undefined
  await inProcess(story, {
    point,
    async work(runtime) {
      await recovers(runtime, story)
      const deeds = 1 + Math.floor(draw() * 2)
      for (let nth = 0; nth < deeds; nth++) await something(runtime, story)
    }
  })
  assertAllKept(story)
  await story.lend((store) => assertNoAskLost(store, story))
}

/** A memory outlives no process, so it does not say of a thread that a decision waits there to be gone on with. */
async function recovers(runtime: AgentRuntime, { threadId, tally }: Story): Promise<void> {
  const turns = await runtime.recover()
  tally['recovered trees'] += turns.length
  for (const turn of turns) await turn.result
  if (threadId === undefined || (await statusOf(runtime, threadId)) !== 'asking') return
  if ((await runtime.openAsks(threadId)).length === 0) await (await runtime.resume(threadId)).result
}

async function statusOf(runtime: AgentRuntime, threadId: string): Promise<ThreadStatus> {
  return (await runtime.getSnapshot(threadId)).thread.status
}

interface Process {
  readonly point: CrashPoint | undefined
  work(runtime: AgentRuntime): Promise<void>
}

async function inProcess(story: Story, { point, work }: Process): Promise<void> {
  const life = mortalProcess(point)
  await story.lend(async (store) => {
    const runtime = agentRuntime({
      store: crashingStore(store, life),
      agents: [story.agent],
      clock: story.clock,
      leaseMs: LEASE_MS,
      every: () => () => {}
    })
    const working = work(runtime).catch((error) => {
      if (!life.dead) throw error
    })
    const watch = new AbortController()
    const tooLong = sleep(WATCH_MS, 'too long', { signal: watch.signal, ref: false }).catch(() => undefined)
    const first = await Promise.race([working, life.death, tooLong]).finally(() => watch.abort())
    if (first === 'too long') throw new Error('the process came to no end')
    if (life.dead) await life.death
    else await runtime.close()
    story.threadId ??= (await store.journal.roots({ limit: 1 }))[0]?.threadId
  })
  if (!life.dead) return
  story.tally.crashes++
  story.done.push(`died at step ${life.steps.length} (${life.steps.at(-1)})`)
  story.clock.advance(LEASE_MS + 1)
}

/** Whatever the seed wants and the thread is ready for. */
async function something(runtime: AgentRuntime, story: Story): Promise<void> {
  const { draw, threadId } = story
  const status = threadId === undefined ? undefined : await statusOf(runtime, threadId)
  if (threadId === undefined || status !== 'asking') return says(runtime, story, status)
  const luck = draw()
  if (luck < 0.15) return saysWhileAsking(runtime, { ...story, threadId })
  if (luck < 0.3) return cancelsAtRest(runtime, story)
  if (luck < 0.4) return steers(runtime, { threadId, story })
  return answersSome(runtime, story)
}

const INPUTS = ['go', 'go on', 'and now?', '', ' ']

async function says(runtime: AgentRuntime, story: Story, status: ThreadStatus | undefined): Promise<void> {
  const { draw, tally, threadId } = story
  const input = oneOf(INPUTS, draw)
  story.done.push(`said "${input}"`)
  if (status === 'cancelled') tally['messages after a cancel']++
  if (status === 'failed') tally['messages after a failure']++
  if (status === 'completed') tally['messages after completion']++
  const request = { agent: 'lead', input, ...(threadId !== undefined && { threadId }) }
  if (draw() < 0.3) {
    const { threadId: begun } = await runtime.startTurn(request)
    story.threadId = begun
    return
  }
  const turn = await runtime.startStreamingTurn(request)
  story.threadId = turn.threadId
  await watched(turn, { runtime, story })
}

async function saysWhileAsking(runtime: AgentRuntime, { threadId, tally, done }: Story & { threadId: string }) {
  done.push('said something while it asks')
  tally['messages while asking']++
  const refused = await runtime.startTurn({ agent: 'lead', input: 'never mind', threadId }).then(
    () => assert.fail('a message to a thread that asks is refused'),
    (error) => error
  )
  assert.equal(refused.code, 'THREAD_ASKING', String(refused))
}

async function cancelsAtRest(runtime: AgentRuntime, story: Story): Promise<void> {
  story.done.push('cancelled while it asks')
  story.tally['cancels at rest']++
  story.isCancelled = true
  await runtime.cancelRun(story.threadId!)
}

const STEERING = ['mind the step', 'and hurry', '', ' ']

async function steers(runtime: AgentRuntime, { threadId, story }: { threadId: string; story: Story }): Promise<void> {
  const text = oneOf(STEERING, story.draw)
  story.done.push(`steered with "${text}"`)
  story.tally['steering messages']++
  await runtime.inject(threadId, text)
}

async function answersSome(runtime: AgentRuntime, story: Story): Promise<void> {
  const { draw } = story
  const asks = await listed(runtime, story)
  const count = 1 + Math.floor(draw() * asks.length)
  const order = asks.map((ask) => ({ ask, place: draw() })).sort((a, b) => a.place - b.place)
  for (const { ask } of order.slice(0, count)) {
    if (!(await runtime.openAsks(story.threadId)).some(({ id }) => id === ask.id)) continue
    await answers(runtime, { ask, decision: drawnDecision(draw), story })
  }
}

function drawnDecision(draw: Draw): Decision {
  const kind = oneOf(['approve', 'edit', 'reject'] as const, draw)
  if (kind === 'approve') return { kind, scope: oneOf(['once', 'turn', 'session', 'subtree'] as const, draw) }
  if (kind === 'edit') return { kind, args: { what: 'edited' } }
  return { kind, reason: oneOf(['no', ''], draw) }
}

interface Answering {
  readonly ask: Ask
  readonly decision: Decision
  readonly story: Story
}

async function answers(runtime: AgentRuntime, { ask, decision, story }: Answering): Promise<void> {
  story.done.push(`${decision.kind} ${ask.path} ${ask.toolCallId}`)
  const turn = await runtime.resolveInput(ask.id, decision)
  story.open.delete(ask.id)
  const kinds = story.decisions.get(ask.threadId) ?? new Set()
  story.decisions.set(ask.threadId, kinds.add(decision.kind))
  await watched(turn, { runtime, story })
}

async function listed(runtime: AgentRuntime, { threadId, open }: Story): Promise<Ask[]> {
  const asks = await runtime.openAsks(threadId)
  for (const ask of asks) open.set(ask.id, ask)
  return asks
}

/** Watches a turn to its end, and may step in at one of its events. */
async function watched(turn: Turn, { runtime, story }: { runtime: AgentRuntime; story: Story }): Promise<void> {
  const { draw, tally } = story
  const luck = draw()
  const at = Math.floor(draw() * 40)
  let seen = 0
  let stepping: Promise<void> | undefined
  for await (const event of turn) {
    if (event.type === 'ask.opened') story.open.set(event.ask.id, event.ask)
    if (seen++ !== at) continue
    if (luck < 0.25) {
      story.done.push(`cancelled ${event.path} after ${event.type}`)
      tally['cancels under way']++
      story.isCancelled = true
      stepping = runtime.cancelRun(draw() < 0.6 ? turn.threadId : event.threadId)
    } else if (luck < 0.6) stepping = steers(runtime, { threadId: event.threadId, story })
    stepping?.catch(() => {}) // a process that dies first never comes to wait for it
  }
  await stepping
  await turn.result
}

/** The last process: every ask is answered, and the thread answers one more message. */
async function ending(story: Story): Promise<void> {
  await inProcess(story, {
    point: undefined,
    async work(runtime) {
      await recovers(runtime, story)
      const { threadId } = story
      if (threadId !== undefined)
        for (let rounds = 0; ; rounds++) {
          const [ask] = await listed(runtime, story)
          if (!ask) break
          assert.isBelow(rounds, 200, 'it asks on and on')
          story.done.push(`in the end, approve ${ask.path} ${ask.toolCallId}`)
          const turn = await runtime.resolveInput(ask.id, { kind: 'approve', scope: 'once' })
          story.open.delete(ask.id)
          await turn.result
        }
      story.done.push('said the last')
      const request = { agent: 'lead', input: LAST, ...(threadId !== undefined && { threadId }) }
      const last = await runtime.startTurn(request)
      story.threadId = last.threadId
      assert.deepEqual(last.outcome, { status: 'completed', text: LAST_ANSWER }, 'the next message works')
    }
  })
}

function assertAllKept({ broken }: Story): void {
  const [first] = broken
  if (!first) return
  const rules = first.broken.map(({ provider, rule, how }) => `${provider}: ${rule} (${how})`)
  assert.fail(`${rules.join('; ')}\n${first.messages.map(shown).join('\n')}`)
}

function shown(message: BaseMessage, place: number): string {
  const calls = isAIMessage(message) ? (message.tool_calls ?? []).map(({ id, name }) => `${name} ${id}`) : []
  const about = isToolMessage(message) ? ` of ${message.tool_call_id}` : ''
  return `  ${place} ${message.getType()}${about} ${JSON.stringify(message.text)} ${calls.join(', ')}`
}

/** What was listed once and not answered is open still, unless somebody cancelled. */
async function assertNoAskLost({ journal }: Store, { open, isCancelled }: Story): Promise<void> {
  const now = new Set((await journal.openAsks()).map(({ ask }) => ask.id))
  for (const ask of open.values()) {
    const record = await journal.ask(ask.id)
    const about = `the ask of ${ask.path} for ${ask.toolCallId}`
    assert.ok(record, `${about} is lost`)
    if (record.status === 'open') assert.ok(now.has(ask.id), `${about} is not listed`)
    if (record.status === 'withdrawn') assert.ok(isCancelled, `${about} is withdrawn, and nobody cancelled`)
  }
}
