import { BaseChatModel } from '@langchain/core/language_models/chat_models'
import { AIMessageChunk, type BaseMessage } from '@langchain/core/messages'
import { ChatGenerationChunk } from '@langchain/core/outputs'
import { afterEach, assert, beforeEach, describe, it } from 'vitest'
import { z } from 'zod'
import { openStore } from '../../checkpointers/open.ts'
import type { Store } from '../../checkpointers/store.ts'
import { type Reply, scripted } from '../../models/scripted.ts'
import { usageField } from '../../models/usage-metadata.ts'
import { defineAgent } from '../../prebuilt/define-agent.ts'
import type { Agent } from '../../runtime/agent.ts'
import { type AgentRuntime, agentRuntime, type RuntimeOptions } from '../../runtime/agent-runtime.ts'
import type { Effect } from '../../state/call-records.ts'
import type { Decision } from '../../state/decisions.ts'
import type { EventType } from '../../state/events.ts'
import { allow, ask } from '../../state/remit.ts'
import { tool } from '../../tools/tool.ts'
import { collected } from '../support/collected.ts'
import { type CrashPoint, crashingStore, mortalProcess } from '../support/crashing-store.ts'
import { effects } from '../support/effects.ts'
import { manualTime } from '../support/manual-time.ts'
import { playing } from '../support/script.ts'
import { ALL_STORES, DURABLE_STORES, type StorePlace } from '../support/stores.ts'

const LEASE_MS = 30_000
const approve = { kind: 'approve', scope: 'once' } as const
const remit = [allow('*')]

for (const [name, makePlace] of ALL_STORES) {
  describe(`what failed for a moment, on ${name}`, () => {
    let place: StorePlace
    let store: Store
    let waits: number[]
    beforeEach(async () => {
      place = await makePlace()
      store = await openStore(place.url)
      waits = []
    })
    afterEach(async () => {
      await store.close()
      await place.remove()
    })

    /** A runtime that waits for nothing, and by chance half of what it may. */
    function runtimeOf(agent: Agent, options: Partial<RuntimeOptions> = {}): AgentRuntime {
      const sleep = async (ms: number) => void waits.push(ms)
      const { clock } = manualTime()
      return agentRuntime({ store, agents: [agent], clock, sleep, chance: () => 0.5, ...options })
    }

    async function told(runtime: AgentRuntime, threadId: string, ...types: readonly EventType[]): Promise<EventType[]> {
      const all = await collected(runtime.events(threadId))
      return all.map(({ type }) => type).filter((type) => types.includes(type))
    }

    describe('asking a model', () => {
      it('is tried again after what Retry-After asks for, up to the cap, and after a little more each time', async () => {
        const { model, asked } = failing([busy('7'), busy('3600'), busy(), 'there'])
        const runtime = runtimeOf(defineAgent({ name: 'agent', model, retries: { capMs: 10_000 } }))
        const { outcome, threadId } = await runtime.startTurn({ agent: 'agent', input: 'go' })
        assert.deepEqual(outcome, { status: 'completed', text: 'there' })
        assert.deepEqual(waits, [7_125, 10_000, 1_500])
        assert.lengthOf(asked, 4)
        assert.deepEqual(await told(runtime, threadId, 'model.retried', 'model.finished'), [
          'model.retried',
          'model.retried',
          'model.retried',
          'model.finished'
        ])
      })

      it('is not tried again where the error lasts', async () => {
        for (const lasting of [{ status: 401 }, { status: 400 }, { status: 429, code: 'insufficient_quota' }, {}]) {
          const { model, asked } = failing([Object.assign(new Error('no'), lasting), 'never'])
          const runtime = runtimeOf(defineAgent({ name: 'agent', model }))
          const { outcome } = await runtime.startTurn({ agent: 'agent', input: 'go' })
          assert.equal(outcome.status === 'failed' && outcome.error.code, 'MODEL_FAILED')
          assert.lengthOf(asked, 1)
        }
        assert.deepEqual(waits, [])
      })

      it('fails when all attempts are used up; the next turn has its own', async () => {
        const { model, asked } = failing([busy(), busy(), busy(), busy(), 'there'])
        const runtime = runtimeOf(defineAgent({ name: 'agent', model, retries: { attempts: 2 } }))
        const { outcome, threadId } = await runtime.startTurn({ agent: 'agent', input: 'go' })
        assert.deepEqual(outcome, {
          status: 'failed',
          error: { code: 'MODEL_FAILED', message: 'the model gave no reply, 2 times over: slow down' }
        })
        const again = await runtime.startTurn({ agent: 'agent', input: 'again', threadId })
        assert.equal(again.outcome.status, 'failed')
        assert.lengthOf(asked, 4)
        assert.deepEqual(waits, [375, 375])
      })

      it('is not tried again once somebody has read of the reply', async () => {
        const model = new BreakingModel('half a', Number.POSITIVE_INFINITY)
        const runtime = runtimeOf(defineAgent({ name: 'agent', model }))
        const turn = await runtime.startStreamingTurn({ agent: 'agent', input: 'go' })
        const deltas = (await collected(turn)).filter(({ type }) => type === 'model.delta')
        const { outcome, usage } = await turn.result
        assert.equal(outcome.status === 'failed' && outcome.error.code, 'MODEL_FAILED')
        assert.lengthOf(deltas, 1)
        assert.equal(model.asked, 1)
        assert.equal(usage.input, 100, 'what it used is counted')
      })

      it('is tried again where nothing of it was to be read, and what that used is counted', async () => {
        const model = new BreakingModel('', 2)
        const runtime = runtimeOf(defineAgent({ name: 'agent', model }))
        const turn = await runtime.startStreamingTurn({ agent: 'agent', input: 'go' })
        const { outcome, usage, threadId } = await turn.result
        assert.deepEqual(outcome, { status: 'completed', text: 'whole' })
        const [row] = await store.journal.usageOf(threadId)
        assert.deepEqual([row!.usage.input, row!.usage.output, row!.usage.calls], [300, 3, 3])
        assert.deepEqual(usage, row!.usage)
        const { values } = await runtime.getSnapshot(threadId)
        assert.deepEqual((values as { usage: unknown }).usage, row!.usage)
      })

      describe('while it is waited', () => {
        /** A turn whose model has failed once and that waits, until it is told to go on. */
        async function waiting(second: Reply = 'there') {
          const { model, asked } = failing([busy(), second, 'here'])
          const agent = defineAgent({ name: 'agent', tools: [effects()], remit, model })
          let slept = () => {}
          let wake = () => {}
          const asleep = new Promise<void>((resolve) => {
            slept = resolve
          })
          const sleep = (_ms: number, signal: AbortSignal) =>
            new Promise<void>((resolve, reject) => {
              wake = resolve
              signal.addEventListener('abort', () => reject(signal.reason), { once: true })
              slept()
            })
          const runtime = runtimeOf(agent, { sleep })
          const turn = await runtime.startStreamingTurn({ agent: 'agent', input: 'go' })
          await asleep
          return { runtime, turn, agent, asked, wake: () => wake() }
        }

        it('is cancelled at once, and the next message does not wait', async () => {
          const { runtime, turn, asked } = await waiting()
          await runtime.cancelRun(turn.threadId, 'enough')
          assert.deepEqual((await turn.result).outcome, { status: 'cancelled', reason: 'enough' })
          assert.lengthOf(asked, 1)
          const { threadId } = turn
          const { outcome } = await runtime.startTurn({ agent: 'agent', input: 'again', threadId })
          assert.deepEqual(outcome, { status: 'completed', text: 'there' })
        })

        it('is steered: the next attempt reads it, once', async () => {
          const { runtime, turn, asked, wake } = await waiting()
          await runtime.inject(turn.threadId, 'mind the step')
          wake()
          assert.deepEqual((await turn.result).outcome, { status: 'completed', text: 'there' })
          await runtime.startTurn({ agent: 'agent', input: 'again', threadId: turn.threadId })
          const heard = asked.map((texts) => texts.filter((text) => text === 'mind the step').length)
          assert.deepEqual(heard, [0, 1, 1])
        })

        it('is paused with the attempt that comes next, and what that said is not asked again', async () => {
          const { runtime, turn, asked, wake } = await waiting({ text: 'I look', calls: [{ name: 'touch', args: {} }] })
          const paused = runtime.pause(turn.threadId, 'lunch')
          wake()
          await paused
          assert.deepEqual((await turn.result).outcome, { status: 'paused', reason: 'lunch' })
          assert.lengthOf(asked, 2)
          const resumed = await runtime.resume(turn.threadId)
          assert.deepEqual((await resumed.result).outcome, { status: 'completed', text: 'here' })
          assert.lengthOf(asked, 3)
        })

        it('pauses where the runtime is closed, and goes on with the attempt that is next', async () => {
          const { runtime, turn, agent, asked } = await waiting()
          await runtime.close()
          assert.equal((await turn.result).outcome.status, 'paused')
          const resumed = await runtimeOf(agent).resume(turn.threadId)
          assert.deepEqual((await resumed.result).outcome, { status: 'completed', text: 'there' })
          assert.lengthOf(asked, 2)
          assert.deepEqual(waits, [375], 'of the wait nothing is forgotten')
        })
      })
    })

    describe('calling a tool', () => {
      for (const effect of ['read', 'idempotent'] as const)
        it(`is tried again where the tool is ${effect}, with the same key`, async () => {
          const { flaky, keys } = flakyTool(effect, 2)
          const runtime = runtimeOf(calling(flaky))
          const { outcome, threadId } = await runtime.startTurn({ agent: 'agent', input: 'go' })
          assert.deepEqual(outcome, { status: 'completed', text: 'flaky at 3' })
          assert.lengthOf(keys, 3)
          assert.lengthOf([...new Set(keys)], 1)
          assert.deepEqual(waits, [375, 750])
          assert.deepEqual(await told(runtime, threadId, 'tool.started', 'tool.retried', 'tool.finished'), [
            'tool.started',
            'tool.retried',
            'tool.retried',
            'tool.finished'
          ])
          assert.deepEqual(await store.journal.startedCalls(), [], 'nothing is left as if it were at work')
        })

      it('is not tried again where its effect happens once', async () => {
        const { flaky, keys } = flakyTool('once', 2)
        const { outcome } = await runtimeOf(calling(flaky)).startTurn({ agent: 'agent', input: 'go' })
        assert.deepEqual(outcome, { status: 'completed', text: 'TOOL_FAILED: not now' })
        assert.lengthOf(keys, 1)
        assert.deepEqual(waits, [])
      })

      it('tells the model when all attempts are used up', async () => {
        const { flaky, keys } = flakyTool('read', 9)
        const { outcome } = await runtimeOf(calling(flaky)).startTurn({ agent: 'agent', input: 'go' })
        assert.deepEqual(outcome, { status: 'completed', text: 'TOOL_FAILED: not now' })
        assert.lengthOf(keys, 4)
        assert.deepEqual(await store.journal.startedCalls(), [])
      })

      it('is asked about once, and stands in the way of no other ask', async () => {
        const { flaky, keys } = flakyTool('idempotent', 2)
        const touch = effects()
        const agent = defineAgent({
          name: 'agent',
          tools: [flaky, touch],
          remit: [ask('*')],
          model: playing((_task, results) =>
            results.length > 0
              ? results.join(', ')
              : [
                  { name: 'flaky', args: {} },
                  { name: 'touch', args: { what: 'x' } }
                ]
          )
        })
        let runtime: AgentRuntime
        let meanwhile: readonly string[] = []
        runtime = runtimeOf(agent, {
          async sleep(ms) {
            waits.push(ms)
            meanwhile = (await runtime.openAsks()).map(({ tool }) => tool)
          }
        })
        const { threadId } = await runtime.startTurn({ agent: 'agent', input: 'go' })
        const asks = await runtime.openAsks(threadId)
        assert.lengthOf(asks, 2)
        const first = await runtime.resolveInput(asks.find((each) => each.tool === 'flaky')!.id, approve)
        assert.equal((await first.result).outcome.status, 'asking')
        assert.lengthOf(keys, 3)
        assert.deepEqual(meanwhile, ['touch'])
        const second = await runtime.resolveInput(asks.find((each) => each.tool === 'touch')!.id, approve)
        assert.deepEqual((await second.result).outcome, { status: 'completed', text: 'flaky at 3, touched x' })
        assert.lengthOf(keys, 3)
      })

      it('is cancelled at once while it is waited', async () => {
        const { flaky, keys } = flakyTool('read', 9)
        let slept = () => {}
        const asleep = new Promise<void>((resolve) => {
          slept = resolve
        })
        const sleep = (_ms: number, signal: AbortSignal) =>
          new Promise<void>((_, reject) => {
            signal.addEventListener('abort', () => reject(signal.reason), { once: true })
            slept()
          })
        const runtime = runtimeOf(calling(flaky), { sleep })
        const turn = await runtime.startStreamingTurn({ agent: 'agent', input: 'go' })
        await asleep
        await runtime.cancelRun(turn.threadId, 'enough')
        assert.deepEqual((await turn.result).outcome, { status: 'cancelled', reason: 'enough' })
        assert.lengthOf(keys, 1)
      })
    })

    describe('going in circles', () => {
      /** Looks and looks, until it is told something that ends it. */
      function circling(look: () => string) {
        const heard: string[] = []
        const looking = tool({
          name: 'look',
          description: 'Looks.',
          effect: 'read',
          args: z.object({}),
          run: async () => look()
        })
        const agent = defineAgent({
          name: 'child',
          tools: [looking],
          remit,
          limits: { steps: 30 },
          model: scripted((messages, { turn }) => {
            const last = messages.at(-1)!
            if (last.type === 'human') heard.push(last.text)
            if (last.text === 'end it' || last.text === 'found') return 'ended'
            return { calls: [{ name: 'look', args: {}, id: `call-${turn}` }] }
          })
        })
        return { agent, heard }
      }

      const above = (child: Agent, own: string) =>
        defineAgent({
          name: own,
          delegates: [child],
          remit,
          model: playing(
            (_task, results) => results[0] ?? [{ name: 'delegate', args: { agent: child.charter.name, task: 'go' } }]
          )
        })

      async function decided(runtime: AgentRuntime, decision: Decision) {
        const [open, ...others] = await runtime.openAsks()
        assert.lengthOf(others, 0)
        const { outcome } = await (await runtime.resolveInput(open!.id, decision)).result
        return { open: open!, outcome }
      }

      it('is told to the agent once, then asked about, also of a grandchild; who may go on goes on', async () => {
        const { agent, heard } = circling(() => 'nothing')
        const runtime = runtimeOf(above(above(agent, 'middle'), 'lead'))
        const { outcome } = await runtime.startTurn({ agent: 'lead', input: 'go' })
        assert.equal(outcome.status, 'asking')
        assert.lengthOf(heard, 2)
        assert.match(heard[1]!, /same calls \(look\) 3 times/)

        const first = await decided(runtime, approve)
        assert.deepEqual(
          [first.open.kind, first.open.tool, first.open.path, first.open.args],
          ['input', 'go_on', 'lead/middle/child', { calls: [{ name: 'look', args: {} }] }]
        )
        assert.equal(first.outcome.status, 'asking', 'three more rounds, and it is asked again')
        assert.equal(heard.at(-1), 'You may go on as you did.')

        const second = await decided(runtime, { kind: 'reject', reason: 'end it' })
        assert.notEqual(second.open.id, first.open.id)
        assert.deepEqual(second.outcome, { status: 'completed', text: 'ended' })
        assert.equal(heard.at(-1), 'end it')
      })

      it('is not what an agent does that hears something new', async () => {
        let at = 0
        const { agent, heard } = circling(() => (++at < 20 ? `${at} %` : 'found'))
        const { outcome } = await runtimeOf(agent).startTurn({ agent: 'child', input: 'go' })
        assert.deepEqual(outcome, { status: 'completed', text: 'ended' })
        assert.deepEqual(heard, ['go'])
      })
    })
  })
}

for (const [name, makePlace] of DURABLE_STORES) {
  describe(`attempts, on ${name}`, () => {
    let place: StorePlace
    beforeEach(async () => {
      place = await makePlace()
    })
    afterEach(() => place.remove())

    /** One process, to its death at `point` or to the end of the turn, in which each wait is a step. */
    async function lived(agent: Agent, time: ReturnType<typeof manualTime>, point?: CrashPoint) {
      const store = await openStore(place.url)
      const life = mortalProcess(point)
      const runtime = agentRuntime({
        store: crashingStore(store, life),
        agents: [agent],
        ...time,
        leaseMs: LEASE_MS,
        sleep: () => life.step('sleep', () => {})
      })
      const [left] = await runtime.recover()
      const working = left ? left.result : runtime.startTurn({ agent: 'agent', input: 'go' })
      const result = await Promise.race([working.catch(() => undefined), life.death])
      await store.close()
      time.pass(LEASE_MS + 1)
      return { result: result ?? undefined, steps: life.steps }
    }

    /** The turn, with a process that dies in the second wait. */
    async function livedThrough(agentOf: () => Agent) {
      const time = manualTime()
      const { steps } = await lived(agentOf(), time)
      const second = steps.indexOf('sleep', steps.indexOf('sleep') + 1) + 1
      await place.remove()
      place = await makePlace()
      const agent = agentOf()
      assert.equal((await lived(agent, time, { step: second, when: 'before' })).result, undefined)
      return (await lived(agent, time)).result!
    }

    it('at a model are as many in all, whichever process makes them', async () => {
      let asked: readonly unknown[] = []
      const { outcome } = await livedThrough(() => {
        const failed = failing(Array.from({ length: 20 }, () => busy()))
        asked = failed.asked
        return defineAgent({ name: 'agent', model: failed.model })
      })
      assert.deepEqual(outcome, {
        status: 'failed',
        error: { code: 'MODEL_FAILED', message: 'the model gave no reply, 4 times over: slow down' }
      })
      assert.lengthOf(asked, 4)
    })

    for (const effect of ['read', 'idempotent'] as const)
      it(`at a tool that is ${effect} are as many in all, whichever process makes them`, async () => {
        let keys: readonly string[] = []
        const { outcome } = await livedThrough(() => {
          const made = flakyTool(effect, 20)
          keys = made.keys
          return calling(made.flaky)
        })
        assert.deepEqual(outcome, { status: 'completed', text: 'TOOL_FAILED: not now' })
        assert.lengthOf(keys, 4)
        assert.lengthOf([...new Set(keys)], 1)
      })
  })
}

/** A provider that has too much to do. */
function busy(retryAfter?: string): Error {
  const headers = retryAfter === undefined ? {} : { 'retry-after': retryAfter }
  return Object.assign(new Error('slow down'), { status: 429, headers })
}

/** A model that does one thing after the other; `asked` has the texts that it was sent each time. */
function failing(replies: readonly (Reply | Error)[]) {
  const asked: string[][] = []
  const model = scripted((messages) => {
    asked.push(messages.map(({ text }) => text))
    const reply = replies[asked.length - 1]!
    if (reply instanceof Error) throw reply
    return reply
  })
  return { model, asked }
}

/** A tool that fails for a moment so many times. */
function flakyTool(effect: Effect, times: number) {
  const keys: string[] = []
  const flaky = tool({
    name: 'flaky',
    description: 'Fails now and then.',
    effect,
    args: z.object({}),
    async run(_args, { idempotencyKey }) {
      keys.push(idempotencyKey)
      if (keys.length > times) return `flaky at ${keys.length}`
      throw Object.assign(new Error('not now'), { code: 'ECONNRESET' })
    }
  })
  return { flaky, keys }
}

function calling(flaky: ReturnType<typeof flakyTool>['flaky']): Agent {
  const model = playing((_task, results) => results[0] ?? [{ name: 'flaky', args: {} }])
  return defineAgent({ name: 'agent', tools: [flaky], remit, model })
}

/** Streams `words` with what they cost, and then its connection is gone, so many times. */
class BreakingModel extends BaseChatModel {
  asked = 0
  readonly #words: string
  readonly #times: number

  constructor(words: string, times: number) {
    super({})
    this.#words = words
    this.#times = times
  }

  override _llmType(): string {
    return 'breaking'
  }

  override bindTools() {
    return this
  }

  override async _generate(): Promise<never> {
    throw new Error('it is only streamed')
  }

  override async *_streamResponseChunks(_messages: BaseMessage[]): AsyncGenerator<ChatGenerationChunk> {
    const breaks = ++this.asked <= this.#times
    const text = breaks ? this.#words : 'whole'
    const usage = usageField({ input_tokens: 100, output_tokens: 1, total_tokens: 101 })
    yield new ChatGenerationChunk({ text, message: new AIMessageChunk({ content: text, ...usage }) })
    if (breaks) throw Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' })
  }
}
