import { afterEach, assert, beforeEach, describe, it } from 'vitest'
import { openStore } from '../../checkpointers/open.ts'
import type { Store } from '../../checkpointers/store.ts'
import { defineAgent } from '../../prebuilt/define-agent.ts'
import type { Agent } from '../../runtime/agent.ts'
import { type AgentRuntime, agentRuntime, type TurnResult } from '../../runtime/agent-runtime.ts'
import type { Ask } from '../../state/asks.ts'
import type { Budget, BudgetLimit, Reached } from '../../state/budget.ts'
import type { Decision } from '../../state/decisions.ts'
import { allow, ask } from '../../state/remit.ts'
import { addUsage, NO_USAGE } from '../../state/usage.ts'
import { manualClock } from '../crash/manual-clock.ts'
import { seeded } from '../crash/seeded.ts'
import { provider } from '../support/billed.ts'
import { crashingStore, mortalProcess } from '../support/crashing-store.ts'
import { effects } from '../support/effects.ts'
import { type Program, programmed, task, type Work } from '../support/programmed.ts'
import { refused } from '../support/refused.ts'
import { ALL_STORES, type StorePlace } from '../support/stores.ts'

const approve = { kind: 'approve', scope: 'once' } as const
const DAY = 86_400_000
/** A dollar for each token, so that all limits can be said in calls. */
const price = { input: 1_000_000, output: 1_000_000 }
/** What one call of the models below uses of each. */
const CALL: Readonly<Record<Exclude<BudgetLimit, 'agents'>, number>> = { tokens: 100, usd: 100, calls: 1, wallMs: 10 }
const LIMITS = Object.keys(CALL) as (keyof typeof CALL)[]

for (const [name, makePlace] of ALL_STORES) {
  describe(`a cap, on ${name}`, () => {
    let place: StorePlace
    let store: Store
    let clock: ReturnType<typeof manualClock>
    beforeEach(async () => {
      place = await makePlace()
      store = await openStore(place.url)
      clock = manualClock()
    })
    afterEach(async () => {
      await store.close()
      await place.remove()
    })

    const fresh = (agent: Agent) => agentRuntime({ store, agents: [agent], clock })

    /** An agent that touches five times, one after the other; each of its six calls takes ten milliseconds. */
    function solo(init: { budget?: Partial<Budget>; asking?: boolean } = {}) {
      const { model } = provider(() => ({ input: 90, output: 10 }))
      const touch = effects()
      const agent = defineAgent({
        name: 'solo',
        tools: [touch],
        remit: [init.asking ? ask('touch') : allow('touch')],
        price,
        ...(init.budget && { budget: init.budget }),
        model: model((_task, results, messages) => {
          clock.advance(10)
          if (messages.at(-1)!.text.includes('last reply')) return `${results.length} of 5`
          return results.length < 5 ? [{ name: 'touch', args: { what: `t${results.length}` } }] : 'done'
        })
      })
      return { agent, touch }
    }

    async function decided(result: TurnResult, agent: Agent, decision: Decision): Promise<TurnResult> {
      const runtime = fresh(agent)
      const [open] = await runtime.openAsks(result.threadId)
      return (await runtime.resolveInput(open!.id, decision)).result
    }

    for (const limit of LIMITS) {
      const cap = 2 * CALL[limit]

      it(`on ${limit} pauses with the work kept; approved there is as much again`, async () => {
        const { agent, touch } = solo()
        let result = await fresh(agent).startTurn({ agent: 'solo', input: 'go', budget: { [limit]: cap } })
        for (const used of [cap, 2 * cap]) {
          const [open, ...others] = asksOf(result)
          assert.lengthOf(others, 0)
          assert.equal(open!.kind, 'budget')
          assert.deepEqual(open!.args, { limit, cap: used, used })
          assert.lengthOf(touch.done, used / CALL[limit])
          result = await decided(result, agent, approve)
        }
        assert.deepEqual(result.outcome, { status: 'completed', text: 'done' })
        assert.deepEqual(touch.done, ['t0', 't1', 't2', 't3', 't4'])
        assert.deepEqual(await store.journal.caps(result.threadId), { [limit]: 4 * cap })
      })

      for (const more of [
        { kind: 'edit', args: { cap: 5 * CALL[limit] } },
        { kind: 'answer', value: 5 * CALL[limit] }
      ] as const)
        it(`on ${limit} is what the person says: ${more.kind}`, async () => {
          const { agent } = solo()
          const first = await fresh(agent).startTurn({ agent: 'solo', input: 'go', budget: { [limit]: cap } })
          const second = await decided(first, agent, more)
          assert.deepInclude(asksOf(second)[0]!.args as object, { cap: 5 * CALL[limit], used: 5 * CALL[limit] })
          assert.equal((await decided(second, agent, approve)).outcome.status, 'completed')
        })

      it(`on ${limit} ends the turn where more is not given, with what there is; the next message is asked anew`, async () => {
        const { agent, touch } = solo()
        const first = await fresh(agent).startTurn({ agent: 'solo', input: 'go', budget: { [limit]: cap } })
        const { outcome, threadId } = await decided(first, agent, { kind: 'reject', reason: 'too dear' })
        assert.equal(outcome.status, 'failed')
        if (outcome.status !== 'failed') return
        assert.equal(outcome.error.code, 'BUDGET_EXCEEDED')
        assert.include(outcome.error.message, 'too dear')
        assert.equal(outcome.error.partial, '2 of 5')
        assert.lengthOf(touch.done, 2)
        const next = await fresh(agent).startTurn({ agent: 'solo', input: 'and now?', threadId })
        assert.equal(asksOf(next)[0]!.kind, 'budget')
        const rejected = await decided(next, agent, { kind: 'reject', reason: '' })
        assert.equal(rejected.outcome.status, 'failed')
        const budget = { [limit]: 100 * CALL[limit] }
        const last = await fresh(agent).startTurn({ agent: 'solo', input: 'go on', threadId, budget })
        assert.deepEqual(last.outcome, { status: 'completed', text: 'done' })
      })
    }

    it('is there with its thread and the first message, or none of them is, wherever the process dies', async () => {
      const options = { agents: [solo().agent], clock, every: () => () => {} }
      for (const when of ['before', 'after'] as const)
        for (let step = 1; step <= 6; step++) {
          const life = mortalProcess({ step, when })
          const mortal = agentRuntime({ store: crashingStore(store, life), ...options })
          const turn = mortal.startTurn({ agent: 'solo', input: 'x', budget: { tokens: 1000 } }).catch(() => {})
          await Promise.race([turn, life.death])
        }
      const roots = await store.journal.roots({ limit: 100 })
      assert.isNotEmpty(roots)
      for (const { threadId } of roots) {
        assert.deepEqual(await store.journal.caps(threadId), { tokens: 1000 })
        const isKept = await store.saver.getTuple({ configurable: { thread_id: threadId, checkpoint_ns: '' } })
        assert.isTrue(isKept !== undefined || (await store.journal.letters(threadId)).length === 1)
      }
    })

    it('is raised by a number above it, and by nothing else', async () => {
      const { agent } = solo()
      const runtime = fresh(agent)
      const { threadId } = await runtime.startTurn({ agent: 'solo', input: 'go', budget: { calls: 2 } })
      const [open] = await runtime.openAsks(threadId)
      for (const bad of [
        { kind: 'edit', args: { cap: 2 } },
        { kind: 'edit', args: { cap: '50' } },
        { kind: 'edit', args: {} },
        { kind: 'answer', value: 2.5 },
        { kind: 'answer', value: 'much' },
        { kind: 'approve', scope: 'session' }
      ] as const) {
        await refused(() => runtime.resolveInput(open!.id, bad), 'BAD_DECISION')
        assert.deepEqual(await runtime.openAsks(threadId), [open])
      }
    })

    it('holds over later turns and fresh processes, until a turn brings another', async () => {
      const { agent } = solo({ budget: { calls: 8 } })
      const { threadId, outcome } = await fresh(agent).startTurn({ agent: 'solo', input: 'go' })
      assert.equal(outcome.status, 'completed', 'six calls')
      const second = await fresh(agent).startTurn({ agent: 'solo', input: 'again', threadId })
      assert.deepEqual(asksOf(second)[0]!.args, { limit: 'calls', cap: 8, used: 8 })
      await fresh(agent).cancelRun(threadId)
      const budget = { calls: 50 }
      const third = await fresh(agent).startTurn({ agent: 'solo', input: 'again', threadId, budget })
      assert.equal(third.outcome.status, 'completed')
      const own = await fresh(agent).startTurn({ agent: 'solo', input: 'go', budget: { calls: 1 } })
      assert.deepEqual(asksOf(own)[0]!.args, { limit: 'calls', cap: 1, used: 1 }, 'the turn has the word')
    })

    it('goes with a fork, which has used nothing', async () => {
      const { agent } = solo()
      const runtime = fresh(agent)
      const { threadId } = await runtime.startTurn({ agent: 'solo', input: 'go', budget: { calls: 2 } })
      const [, , earlier] = await runtime.history(threadId)
      const { result } = await runtime.resumeFrom({ threadId, checkpointId: earlier!.checkpointId, accept: true })
      assert.deepInclude(asksOf(await result)[0]!.args as object, { limit: 'calls', cap: 2, used: 2 })
    })

    it('on time does not count that in which all wait for a person, over processes and days', async () => {
      const { agent, touch } = solo({ asking: true })
      let result = await fresh(agent).startTurn({ agent: 'solo', input: 'go', budget: { wallMs: 61 } })
      for (let days = 1; days <= 5; days++) {
        clock.advance(days * DAY)
        assert.equal(asksOf(result)[0]!.kind, 'permission')
        result = await decided(result, agent, approve)
      }
      assert.equal(result.outcome.status, 'completed')
      assert.lengthOf(touch.done, 5)
    })

    /** A lead with three workers that come to the cap at once: each makes its first call when all have begun theirs. */
    function three() {
      const { model, bills } = provider(() => ({ input: 90, output: 10 }))
      const touch = effects()
      let waiting: (() => void)[] = []
      const together = () =>
        new Promise<void>((go) => {
          waiting.push(go)
          if (waiting.length < 3) return
          for (const each of waiting) each()
          waiting = []
        })
      const workerAgent = defineAgent({
        name: 'worker',
        tools: [touch],
        remit: [allow('touch')],
        model: model(async (work, results) => {
          if (results.length === 0) await together()
          return results.length < 2 ? [{ name: 'touch', args: { what: work } }] : 'done'
        })
      })
      const lead = defineAgent({
        name: 'lead',
        delegates: [workerAgent],
        remit: [allow('*')],
        model: model((_task, results) =>
          results.length > 0
            ? results.join()
            : ['a', 'b', 'c'].map((work) => ({ name: 'delegate', args: { agent: 'worker', task: work } }))
        )
      })
      return { lead, touch, bills }
    }

    for (const [how, decision, cap] of [
      ['approved', approve, 8],
      ['edited', { kind: 'edit', args: { cap: 50 } }, 50]
    ] as const)
      it(`is asked about by each child that comes to it, and ${how} once for all of them`, async () => {
        const { lead, touch } = three()
        const first = await fresh(lead).startTurn({ agent: 'lead', input: 'go', budget: { calls: 4 } })
        const [one, ...others] = asksOf(first)
        assert.lengthOf(others, 2)
        for (const { kind, args } of [one!, ...others])
          assert.deepEqual([kind, args], ['budget', { limit: 'calls', cap: 4, used: 4 }])
        const runtime = fresh(lead)
        const turn = await runtime.resolveInput(one!.id, decision)
        for (const { id } of others) await refused(() => runtime.resolveInput(id, approve), 'ASK_DECIDED')
        const records = await store.journal.asks(others.map(({ id }) => id))
        for (const record of records) {
          assert.equal(record.status, 'decided')
          if (record.status !== 'decided') continue
          const reason = `the cap of the tree is ${cap} by now`
          assert.deepEqual(record.by, { kind: 'rule', path: 'lead/worker', reason })
        }
        let result = await turn.result
        assert.deepEqual(await store.journal.caps(first.threadId), { calls: cap }, 'raised once')
        while (result.outcome.status === 'asking') {
          assert.deepInclude(asksOf(result)[0]!.args as object, { cap: 8 })
          result = await decided(result, lead, { kind: 'edit', args: { cap: 50 } })
        }
        assert.deepEqual(result.outcome, { status: 'completed', text: 'done,done,done' })
        assert.lengthOf(touch.done, 6)
      })

    it('that several people raise at once is the highest that one of them said', async () => {
      const { lead } = three()
      const first = await fresh(lead).startTurn({ agent: 'lead', input: 'go', budget: { calls: 4 } })
      const runtime = fresh(lead)
      const caps = [30, 50, 40]
      const turns = await Promise.allSettled(
        asksOf(first).map(({ id }, at) => runtime.resolveInput(id, { kind: 'edit', args: { cap: caps[at] } }))
      )
      const given = turns.flatMap((turn, at) => (turn.status === 'fulfilled' ? [caps[at]!] : []))
      for (const turn of turns)
        if (turn.status === 'fulfilled') assert.equal((await turn.value.result).outcome.status, 'completed')
        else assert.equal(turn.reason.code, 'ASK_DECIDED')
      assert.deepEqual(await store.journal.caps(first.threadId), { calls: Math.max(...given) })
    })

    it('rejected for one child is not rejected for another', async () => {
      const { lead, touch } = three()
      const first = await fresh(lead).startTurn({ agent: 'lead', input: 'go', budget: { calls: 4 } })
      const second = await decided(first, lead, { kind: 'reject', reason: 'not you' })
      assert.lengthOf(asksOf(second), 2)
      const last = await decided(second, lead, { kind: 'edit', args: { cap: 50 } })
      assert.equal(last.outcome.status, 'completed')
      assert.include(last.outcome.status === 'completed' ? last.outcome.text : '', 'BUDGET_EXCEEDED')
      assert.lengthOf(touch.done, 5)
    })

    it('on agents is exact, also where several parents delegate at once, and after a restart', async () => {
      const touch = effects()
      const testers: Work[] = [
        ['tester', []],
        ['tester', []],
        ['tester', []]
      ]
      const input = task([
        ['coder', [testers]],
        ['coder', [testers]]
      ])
      const { outcome, threadId } = await fresh(programmed(touch)).startTurn({
        agent: 'lead',
        input,
        budget: { agents: 6 }
      })
      const text = outcome.status === 'completed' ? outcome.text : ''
      assert.lengthOf(text.match(/BUDGET_EXCEEDED: the tree has as many agents as it may have/g)!, 3)
      assert.lengthOf(await store.journal.threadsOf(threadId), 6)
      const again = await fresh(programmed(touch)).startTurn({
        agent: 'lead',
        input: task([['coder', []]]),
        threadId
      })
      assert.include(again.outcome.status === 'completed' ? again.outcome.text : '', 'BUDGET_EXCEEDED')
      assert.lengthOf(await store.journal.threadsOf(threadId), 6)
    })

    for (const bad of [
      { tokens: -1 },
      { tokens: 0 },
      { tokens: Number.NaN },
      { tokens: 1.5 },
      { usd: Number.POSITIVE_INFINITY },
      { tokens: 10, token: 10 },
      { calls: '3' },
      'much'
    ])
      it(`that is none is refused before anything is written: ${JSON.stringify(bad)}`, async () => {
        const runtime = fresh(solo().agent)
        const budget = bad as Partial<Budget>
        await refused(() => runtime.startTurn({ agent: 'solo', input: 'go', budget }), 'BAD_ARGUMENTS')
        assert.deepEqual(await runtime.threads(), [])
        const { threadId } = await runtime.startTurn({
          agent: 'solo',
          input: 'go',
          budget: { calls: 40, tokens: 7000 }
        })
        const before = await runtime.getSnapshot(threadId)
        await refused(() => runtime.startTurn({ agent: 'solo', input: 'go', threadId, budget }), 'BAD_ARGUMENTS')
        assert.deepEqual(await runtime.getSnapshot(threadId), before)
        assert.deepEqual(await store.journal.caps(threadId), { calls: 40, tokens: 7000 })
      })

    it('in dollars needs prices: those without are named, and nothing is written', async () => {
      const runtime = fresh(programmed(effects()))
      const error = await refused(
        () => runtime.startTurn({ agent: 'lead', input: task([]), budget: { usd: 1 } }),
        'BAD_ARGUMENTS'
      )
      assert.include(error.message, 'lead, coder, tester')
      assert.deepEqual(await runtime.threads(), [])
    })

    it('in dollars counts what the provider had in its cache at its own price', async () => {
      const { model } = provider(() => ({ input: 100, cached: 80, output: 10 }))
      const agent = defineAgent({
        name: 'agent',
        tools: [effects()],
        remit: [allow('touch')],
        price: { input: 2_000_000, cached: 500_000, output: 3_000_000 },
        model: model(() => [{ name: 'touch', args: { what: 'a' } }])
      })
      const result = await fresh(agent).startTurn({ agent: 'agent', input: 'go', budget: { usd: 1 } })
      assert.deepEqual(asksOf(result)[0]!.args, { limit: 'usd', cap: 1, used: 20 * 2 + 80 * 0.5 + 10 * 3 })
    })
  })
}

describe('a cap on agents, where the process dies', () => {
  it('refuses nobody who was started before, at whatever step it died', async () => {
    const steps = (await crashed()).length
    for (let step = 1; step <= steps; step += 3) await crashed(step)
  })

  async function crashed(step?: number): Promise<readonly string[]> {
    const store = await openStore('memory:')
    const clock = manualClock()
    const touch = effects()
    const life = mortalProcess(step === undefined ? undefined : { step, when: 'after' })
    const options = { agents: [programmed(touch)], clock, leaseMs: 1000, every: () => () => {} }
    const mortal = agentRuntime({ store: crashingStore(store, life), ...options })
    const input = task([
      [
        'coder',
        [
          [
            ['tester', []],
            ['tester', []]
          ]
        ]
      ],
      [
        'coder',
        [
          [
            ['tester', []],
            ['tester', []]
          ]
        ]
      ]
    ])
    const turn = mortal.startTurn({ agent: 'lead', input, budget: { agents: 7 } })
    turn.catch(() => {})
    await Promise.race([turn.catch(() => life.death), life.death])
    clock.advance(1001)
    const next = agentRuntime({ store, ...options })
    for (const { result } of await next.recover()) await result
    const [root] = await store.journal.roots({ limit: 1 })
    if (!root || !isBegun(life.steps)) return life.steps
    const { values, thread } = await next.getSnapshot(root.threadId)
    assert.equal(thread.status, 'completed', `step ${step}`)
    assert.notInclude(JSON.stringify(values), 'BUDGET_EXCEEDED', `step ${step}`)
    assert.isAtMost((await store.journal.threadsOf(root.threadId)).length, 7)
    return life.steps
  }

  /** The turn was taken on. */
  const isBegun = (steps: readonly string[]) => steps.includes('journal.send')
})

describe('however a tree is made and its cap is set', () => {
  for (let seed = 1; seed <= 40; seed++)
    it(`no agent is more than one call beyond it, nothing is lost, and nobody waits for what is given: ${seed}`, () =>
      lived(seed))

  async function lived(seed: number): Promise<void> {
    const random = seeded(seed)
    const limit = (['tokens', 'calls'] as const)[Math.floor(random() * 2)]!
    const [program, touches] = anyProgram(random, ['coder', 'tester'])
    const store = await openStore('memory:')
    const billing = provider((n) => ({ input: 50 + ((n * 37) % 50), output: 1 }))
    const touch = effects()
    const rules = [allow('touch')]
    const agent = programmed(touch, { lead: rules, coder: rules, tester: rules }, billing.model)
    const runtime = (): AgentRuntime => agentRuntime({ store, agents: [agent] })
    const ofOneCall = limit === 'tokens' ? 100 : 1
    const budget = { [limit]: ofOneCall * (1 + Math.floor(random() * 6)) }
    let result = await runtime().startTurn({ agent: 'lead', input: task(...program), budget })
    while (result.outcome.status === 'asking') {
      const { [limit]: cap } = (await store.journal.caps(result.threadId)) as Record<string, number>
      const { input, output, calls } = billing.billed()
      const used = limit === 'tokens' ? input + output : calls
      const agents = (await store.journal.threadsOf(result.threadId)).length
      assert.isAtMost(used, cap! + agents * ofOneCall)
      const open = await runtime().openAsks(result.threadId)
      assert.isNotEmpty(open)
      for (const { kind, args } of open) assert.deepEqual([kind, (args as Reached).cap], ['budget', cap])
      const { id } = open[Math.floor(random() * open.length)]!
      const more = random() < 0.5 ? approve : ({ kind: 'edit', args: { cap: cap! + ofOneCall } } as const)
      result = await (await runtime().resolveInput(id, more)).result
    }
    assert.equal(result.outcome.status, 'completed')
    assert.lengthOf(touch.done, touches)
    const rows = await store.journal.usageOf(result.threadId)
    assert.deepEqual(rows.map(({ usage }) => usage).reduce(addUsage, NO_USAGE), billing.billed())
    assert.deepEqual(result.usage, billing.billed())
  }

  /** A program with how often it touches, its children's programs included. */
  function anyProgram(random: () => number, below: readonly string[]): [Program, number] {
    let touches = 0
    const [child, ...further] = below
    const work = (): Work => {
      if (child === undefined || random() < 0.5) {
        touches++
        return 'x'
      }
      const [program, ofIt] = anyProgram(random, further)
      touches += ofIt
      return [child, program]
    }
    const some = (most: number) => Array.from({ length: 1 + Math.floor(random() * most) })
    const program = some(3).map(() => some(3).map(work))
    return [program, touches]
  }
})

function asksOf({ outcome }: TurnResult): readonly Ask[] {
  assert.equal(outcome.status, 'asking', JSON.stringify(outcome))
  return outcome.status === 'asking' ? outcome.asks : []
}
