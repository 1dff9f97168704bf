import type { AIMessage, UsageMetadata } from '@langchain/core/messages'
import { createAgent, tool as langchainTool } from 'langchain'
import { afterEach, assert, beforeEach, describe, it } from 'vitest'
import { z } from 'zod'
import { openStore } from '../../checkpointers/open.ts'
import type { Store } from '../../checkpointers/store.ts'
import { defineAgent } from '../../prebuilt/define-agent.ts'
import { worker } from '../../prebuilt/worker.ts'
import type { Agent } from '../../runtime/agent.ts'
import { type AgentRuntime, agentRuntime, type TurnResult } from '../../runtime/agent-runtime.ts'
import { allow, ask } from '../../state/remit.ts'
import { addUsage, NO_USAGE } from '../../state/usage.ts'
import { manualClock } from '../crash/manual-clock.ts'
import { seeded, spread } from '../crash/seeded.ts'
import { type Plan, type Provider, provider } from '../support/billed.ts'
import { type CrashPoint, crashingStore, mortalProcess } from '../support/crashing-store.ts'
import { effects } from '../support/effects.ts'
import { ALL_STORES, DURABLE_STORES, type StorePlace } from '../support/stores.ts'

const approve = { kind: 'approve', scope: 'once' } as const
const uneven = (n: number) => ({ input: 1009 + 13 * n, output: 7 + n, cached: n % 5 })

for (const [name, makePlace] of ALL_STORES) {
  describe(`what a tree has used, on ${name}`, () => {
    let place: StorePlace
    let store: Store
    beforeEach(async () => {
      place = await makePlace()
      store = await openStore(place.url)
    })
    afterEach(async () => {
      await store.close()
      await place.remove()
    })

    const fresh = (agent: Agent) => agentRuntime({ store, agents: [agent], sleep: async () => {}, chance: () => 0 })

    /** What the provider billed is what the rows, the result and the snapshot say. */
    async function agree(runtime: AgentRuntime, { billed }: Provider, result: TurnResult) {
      const rows = await store.journal.usageOf(result.threadId)
      assert.deepEqual(rows.map(({ usage }) => usage).reduce(addUsage, NO_USAGE), billed(), 'rows')
      assert.deepEqual(result.usage, billed(), 'result')
      assert.deepEqual((await runtime.getSnapshot(result.threadId)).usage, billed(), 'snapshot')
    }

    it('is what the provider billed, to the token, whichever of seven agents has used it', async () => {
      const billing = provider(uneven)
      const runtime = fresh(threeLevels(billing))
      const result = await runtime.startTurn({ agent: 'lead', input: 'a b c' })
      assert.equal(result.outcome.status, 'completed')
      assert.lengthOf((await runtime.getSnapshot(result.threadId)).subtree, 7)
      await agree(runtime, billing, result)
      const again = await runtime.startTurn({ agent: 'lead', input: 'd', threadId: result.threadId })
      await agree(runtime, billing, again)
    })

    it('holds what attempts have used that broke off and were made again', async () => {
      const billing = provider(uneven)
      let calls = 0
      const runtime = fresh(threeLevels(billing, { disturbed: () => calls++ % 3 === 1 }))
      const turn = await runtime.startStreamingTurn({ agent: 'lead', input: 'a b c' })
      const result = await turn.result
      assert.equal(result.outcome.status, 'completed')
      assert.isAbove(billing.bills.filter(({ output }) => output === 0).length, 3, 'some have broken off')
      await agree(runtime, billing, result)
    })

    it('holds what streams had reported that were cancelled in the middle, deaf as their clients are', async () => {
      const billing = provider(uneven)
      const runtime = fresh(threeLevels(billing, { tester: () => 'hangs' }))
      const turn = await runtime.startStreamingTurn({ agent: 'lead', input: 'a b c' })
      let hanging = 0
      for await (const { type } of turn) if (type === 'model.delta' && ++hanging === 3) break
      await runtime.cancelRun(turn.threadId)
      const result = await turn.result
      assert.equal(result.outcome.status, 'cancelled')
      await agree(runtime, billing, result)
    })

    it('holds the calls in which an agent decides on what another asks, and goes on over asks and fresh runtimes', async () => {
      const billing = provider(uneven)
      const touch = effects()
      const agent = () => threeLevels(billing, { touch, arbiter: true })
      let runtime = fresh(agent())
      let result = await runtime.startTurn({ agent: 'lead', input: 'a b c' })
      await agree(runtime, billing, result)
      while (result.outcome.status === 'asking') {
        runtime = fresh(agent())
        const [open] = await runtime.openAsks(result.threadId)
        result = await (await runtime.resolveInput(open!.id, approve)).result
        await agree(runtime, billing, result)
      }
      assert.equal(result.outcome.status, 'completed')
      assert.sameMembers(touch.done, ['a', 'b', 'c'])
    })

    it('holds what a graph that is none of ours has used, also over its asks and later turns', async () => {
      const billing = provider(uneven)
      const look = langchainTool(async ({ what }: { what: string }) => `saw ${what}`, {
        name: 'look',
        description: 'Looks.',
        schema: z.object({ what: z.string() })
      })
      const model = billing.model((task, results) => results[0] ?? [{ name: 'look', args: { what: task } }])
      const foreign = worker({ name: 'foreign', graph: createAgent({ model, tools: [look] }).graph })
      const lead = defineAgent({
        name: 'lead',
        delegates: [foreign],
        model: billing.model((task, results) => (results.length > 0 ? 'done' : delegating('foreign', task.split(' '))))
      })
      const runtime = fresh(lead)
      const result = await runtime.startTurn({ agent: 'lead', input: 'a b' })
      assert.equal(billing.bills.length, 6)
      await agree(runtime, billing, result)
      const alone = fresh(foreign)
      const before = billing.billed()
      const first = await alone.startTurn({ agent: 'foreign', input: 'x' })
      const second = await alone.startTurn({ agent: 'foreign', input: 'y', threadId: first.threadId })
      assert.deepEqual(addUsage(before, second.usage), billing.billed())
      assert.deepEqual((await alone.getSnapshot(first.threadId)).usage, second.usage)
    })
  })
}

const CRASHES = 16

for (const [name, makePlace] of DURABLE_STORES)
  describe(`what a tree has used whose process dies, on ${name}`, () => {
    it('is counted once, but for calls that died with the process and left no reply', async () => {
      const whole = (await crashed()).steps.length
      const random = seeded(7)
      for (const step of spread({ count: CRASHES, last: whole, random })) {
        const { billing, rows, usage, snapshot, replies } = await crashed({ step, when: 'after' })
        const counted = BigInt(rows.input)
        assert.equal(counted & ~BigInt(billing.billed().input), 0n, `step ${step}: nothing that was not billed`)
        assert.equal(bitsOf(counted), rows.calls, `step ${step}: nothing twice`)
        assert.equal(replies & ~counted, 0n, `step ${step}: whatever came to a reply`)
        assert.isAtMost(billing.bills.length - rows.calls, AGENTS, `step ${step}: one call of each agent at most`)
        assert.deepEqual([usage, snapshot], [rows, rows], `step ${step}`)
      }
    })

    const AGENTS = 5

    /** Call `n` reads 2 to the n tokens: a sum tells which calls it holds, and together with their number that it holds each once. */
    async function crashed(point?: CrashPoint) {
      const place = await makePlace()
      const store = await openStore(place.url)
      const life = mortalProcess(point)
      const billing = provider((n) => ({ input: 2 ** n, output: 0 }))
      const options = { agents: [threeLevels(billing)], clock: manualClock(), leaseMs: 1000, every: () => () => {} }
      const mortal = agentRuntime({ store: crashingStore(store, life), ...options })
      const turn = mortal.startTurn({ agent: 'lead', input: 'a b' })
      const first = await Promise.race([turn.catch(() => life.death), life.death])
      options.clock.advance(1001)
      const next = agentRuntime({ store, ...options })
      const recovered = await Promise.all((await next.recover()).map(({ result }) => result))
      const [root] = await store.journal.roots({ limit: 1 })
      // Died before it was taken on, or after its end: then the next turn says how the tree stands.
      const last = recovered[0] ?? first ?? (await next.startTurn({ agent: 'lead', input: 'c', ...at(root) }))
      const { usage: snapshot, subtree } = await next.getSnapshot(last.threadId)
      const rows = (await store.journal.usageOf(last.threadId)).map((row) => row.usage).reduce(addUsage, NO_USAGE)
      let replies = 0n
      for (const { thread } of subtree)
        for (const message of ((await next.getSnapshot(thread.threadId)).values.messages ?? []) as AIMessage[])
          replies |= BigInt((message.usage_metadata as UsageMetadata | undefined)?.input_tokens ?? 0)
      await store.close()
      await place.remove()
      return { steps: life.steps, billing, rows, usage: last.usage, snapshot, replies }
    }

    const at = (root: { threadId: string } | undefined) => (root ? { threadId: root.threadId } : {})
    const bitsOf = (sum: bigint) => [...sum.toString(2)].filter((bit) => bit === '1').length
  })

interface Levels {
  /** Whether the next call breaks off. */
  disturbed?: () => boolean
  tester?: Plan
  /** What the testers ask to touch. */
  touch?: ReturnType<typeof effects>
  /** Whether the coders decide on what they ask by their models. */
  arbiter?: boolean
}

const delegating = (agent: string, tasks: readonly string[]) =>
  tasks.map((task) => ({ name: 'delegate', args: { agent, task } }))

/** A lead with a coder for each word of its task, and each with a tester for its word. */
function threeLevels(billing: Provider, { disturbed = () => false, tester, touch, arbiter }: Levels = {}): Agent {
  const model = (plan: Plan) => billing.model((...seen) => (disturbed() ? 'breaks' : plan(...seen)))
  const testers = defineAgent({
    name: 'tester',
    tools: touch ? [touch] : [],
    remit: [ask('touch')],
    model: model(
      tester ?? ((task, results) => (touch && results.length === 0 ? [{ name: 'touch', args: { what: task } }] : 'ok'))
    )
  })
  const coder = defineAgent({
    name: 'coder',
    delegates: [testers],
    remit: [allow('touch')],
    ...(arbiter && { arbitration: 'model' as const }),
    model: model((task, results) => {
      if (!task.includes('"tool": "touch"')) return results[0] ?? delegating('tester', [task])
      const verdict = task.includes('"what": "b"') ? 'approve' : 'escalate'
      return [{ name: 'decide', args: { verdict, reason: 'so' } }]
    })
  })
  return defineAgent({
    name: 'lead',
    delegates: [coder],
    remit: [allow('touch')],
    retries: { attempts: 5 },
    model: model((task, results) => (results.length > 0 ? results.join() : delegating('coder', task.split(' '))))
  })
}
