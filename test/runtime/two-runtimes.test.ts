import { afterEach, assert, beforeEach, describe, it } from 'vitest'
import { openStore } from '../../checkpointers/open.ts'
import type { Store } from '../../checkpointers/store.ts'
import { defineAgent } from '../../prebuilt/define-agent.ts'
import { agentRuntime } from '../../runtime/agent-runtime.ts'
import { type Every, POLL_MS } from '../../runtime/pace.ts'
import { allow, ask } from '../../state/remit.ts'
import { effects } from '../support/effects.ts'
import { frozenStore } from '../support/frozen-store.ts'
import { ladder } from '../support/ladder.ts'
import { playing } from '../support/script.ts'
import { slowly } from '../support/slowly.ts'
import { DURABLE_STORES, type StorePlace } from '../support/stores.ts'

const approve = { kind: 'approve', scope: 'once' } as const

for (const [name, makePlace] of DURABLE_STORES) {
  describe(`two runtimes, each with its own connections, on ${name}`, () => {
    let place: StorePlace
    let one: Store
    let other: Store
    beforeEach(async () => {
      place = await makePlace()
      one = await openStore(place.url)
      other = await openStore(place.url)
    })
    afterEach(async () => {
      await one.close()
      await other.close()
      await place.remove()
    })

    it('do not drive a tree at the same time: the second is refused, or waits for the first', async () => {
      const wait = slowly()
      const agent = () =>
        defineAgent({
          name: 'agent',
          tools: [wait.tool],
          remit: [allow('wait')],
          model: playing([[{ name: 'wait', args: { what: 'x' } }], 'done'])
        })
      const first = agentRuntime({ store: one, agents: [agent()] })
      const second = agentRuntime({ store: other, agents: [agent()] })
      const turn = await first.startStreamingTurn({ agent: 'agent', input: 'go' })
      await wait.begun
      const resumed = await second.resume(turn.threadId)
      wait.release()
      const [mine, theirs] = await Promise.all([turn.result, resumed.result])
      assert.deepEqual(mine.outcome, { status: 'completed', text: 'done' })
      assert.deepEqual(theirs.outcome, mine.outcome)
      assert.equal(theirs.usage.calls, 2)
    })

    it('answer each other’s asks while the tree is driven', async () => {
      const wait = slowly()
      const touch = effects()
      const agents = () => {
        const quick = defineAgent({
          name: 'quick',
          tools: [touch],
          remit: [ask('touch')],
          model: playing([[{ name: 'touch', args: { what: 'q' } }], 'quick is done'])
        })
        const slow = defineAgent({
          name: 'slow',
          tools: [wait.tool],
          remit: [allow('wait')],
          model: playing([[{ name: 'wait', args: { what: 's' } }], 'slow is done'])
        })
        const calls = ['quick', 'slow'].map((agent) => ({ name: 'delegate', args: { agent, task: 'go' } }))
        const model = playing((_task, results) => (results.length > 0 ? results.join(', ') : calls))
        return [defineAgent({ name: 'lead', delegates: [quick, slow], remit: [allow('wait'), ask('touch')], model })]
      }
      const first = agentRuntime({ store: one, agents: agents() })
      const second = agentRuntime({ store: other, agents: agents() })
      const turn = await first.startStreamingTurn({ agent: 'lead', input: 'go' })
      let answered: ReturnType<typeof second.resolveInput> | undefined
      for await (const event of turn) {
        if (event.type === 'ask.opened') answered = second.resolveInput(event.ask.id, approve)
        if (event.type === 'turn.finished' && event.path === 'lead/quick' && event.outcome.status === 'completed')
          wait.release()
      }
      assert.deepEqual((await turn.result).outcome, { status: 'completed', text: 'quick is done, slow is done' })
      assert.deepEqual(touch.done, ['q'])
      assert.equal((await (await answered)!.result).outcome.status, 'completed', 'who answered sees the same')
    })

    it('cancel each other’s trees', async () => {
      const wait = slowly()
      const agent = () =>
        defineAgent({
          name: 'agent',
          tools: [wait.tool],
          remit: [allow('wait')],
          model: playing([[{ name: 'wait', args: { what: 'x' } }], 'done'])
        })
      const first = agentRuntime({ store: one, agents: [agent()] })
      const second = agentRuntime({ store: other, agents: [agent()] })
      const turn = await first.startStreamingTurn({ agent: 'agent', input: 'go' })
      await wait.begun
      await second.cancelRun(turn.threadId, 'from afar')
      assert.deepEqual((await turn.result).outcome, { status: 'cancelled', reason: 'from afar' })
      assert.equal((await second.getSnapshot(turn.threadId)).thread.status, 'cancelled')
    })

    it('steer each other’s agents: the very next model call reads it, once', async () => {
      const wait = slowly()
      const seen: string[][] = []
      const agent = () =>
        defineAgent({
          name: 'agent',
          tools: [wait.tool],
          remit: [allow('wait')],
          model: playing((_task, results, messages) => {
            seen.push(messages.filter((message) => message.getType() === 'human').map(({ text }) => text))
            return results.length < 2 ? [{ name: 'wait', args: { what: 'x' } }] : 'done'
          })
        })
      const first = agentRuntime({ store: one, agents: [agent()] })
      const second = agentRuntime({ store: other, agents: [agent()] })
      const turn = await first.startStreamingTurn({ agent: 'agent', input: 'go' })
      await wait.begun
      await second.inject(turn.threadId, 'left')
      await second.inject(turn.threadId, 'then right')
      wait.release()
      assert.equal((await turn.result).outcome.status, 'completed')
      assert.deepEqual(seen, [['go'], ['go', 'left', 'then right'], ['go', 'left', 'then right']])
      const { values } = await second.getSnapshot(turn.threadId)
      const texts = (values as { messages: { text: string }[] }).messages.map(({ text }) => text)
      assert.deepEqual(
        texts.filter((text) => text === 'left'),
        ['left']
      )
    })

    it('take a tree over from one that is not heard of; its late writes are refused', async () => {
      const wait = slowly()
      const touch = effects()
      const agent = () =>
        defineAgent({
          name: 'agent',
          tools: [wait.tool, touch],
          remit: [allow('wait'), allow('touch')],
          model: playing([[{ name: 'wait', args: { what: 'x' } }], [{ name: 'touch', args: { what: 'y' } }], 'done'])
        })
      let now = 1_000
      const clock = { now: () => now }
      // The first sleeps through its lease: its heart does not beat.
      const asleep = agentRuntime({ store: one, agents: [agent()], clock, leaseMs: 10_000, every: () => () => {} })
      const awake = agentRuntime({ store: other, agents: [agent()], clock, leaseMs: 10_000 })
      const turn = await asleep.startStreamingTurn({ agent: 'agent', input: 'go' })
      await wait.begun
      now += 10_001
      const [taken] = await awake.recover()
      assert.deepEqual((await taken!.result).outcome, { status: 'completed', text: 'done' })
      const history = await awake.history(turn.threadId)
      wait.release()
      const late = (await turn.result).outcome
      assert.equal(late.status === 'failed' && late.error.code, 'LEASE_LOST')
      assert.deepEqual(await awake.history(turn.threadId), history, 'the late writer changed nothing')
      assert.deepEqual(touch.done, ['y'])
      assert.equal((await awake.getSnapshot(turn.threadId)).thread.status, 'completed')
    })

    it('leave an ask open, where one of them slept and a limit is the first thing that it wakes to', async () => {
      const wait = slowly()
      const touch = effects()
      const agent = () =>
        defineAgent({
          name: 'agent',
          tools: [wait.tool, touch],
          remit: [allow('wait'), ask('touch')],
          model: playing([[{ name: 'wait', args: { what: 'x' } }], [{ name: 'touch', args: { what: 'y' } }], 'done']),
          limits: { totalMs: 5_000 }
        })
      let now = 1_000
      const clock = { now: () => now }
      const looks: (() => void)[] = []
      const every: Every = (ms, look) => {
        if (ms === POLL_MS) looks.push(look)
        return () => {}
      }
      const asleep = agentRuntime({ store: one, agents: [agent()], clock, leaseMs: 10_000, every })
      const awake = agentRuntime({ store: other, agents: [agent()], clock, leaseMs: 10_000 })
      const turn = await asleep.startStreamingTurn({ agent: 'agent', input: 'go' })
      await wait.begun
      now += 10_001
      const [taken] = await awake.recover()
      assert.equal((await taken!.result).outcome.status, 'asking')
      for (const look of looks) look()
      const late = (await turn.result).outcome
      assert.equal(late.status === 'failed' && late.error.code, 'LEASE_LOST')
      const [open] = await awake.openAsks(turn.threadId)
      const decided = await (await awake.resolveInput(open!.id, approve)).result
      assert.deepEqual(decided.outcome, { status: 'completed', text: 'done' })
    })

    it('leave a thread as it ended, where one of them slept while it looked and wakes when all is done', async () => {
      const agent = () => defineAgent({ name: 'agent', model: playing((task) => `heard ${task}`) })
      let now = 1_000
      const clock = { now: () => now }
      const awake = agentRuntime({ store: other, agents: [agent()], clock, leaseMs: 10_000 })
      const { threadId } = await awake.startTurn({ agent: 'agent', input: 'first' })
      const sleeping = frozenStore(one, (operation) => operation === 'append')
      const parts = { store: sleeping.store, agents: [agent()], clock, leaseMs: 10_000, every: () => () => {} }
      const late = await agentRuntime(parts).resume(threadId)
      await sleeping.reached
      now += 10_001
      const { outcome } = await awake.startTurn({ agent: 'agent', input: 'second', threadId })
      assert.deepEqual(outcome, { status: 'completed', text: 'heard second' })
      sleeping.thaw()
      await late.result
      assert.equal((await awake.getSnapshot(threadId)).thread.status, 'completed')
      assert.deepEqual(await other.journal.unfinished(), [])
    })
  })
}

describe('a call whose outcome is not known', () => {
  it('is not run again, and its model is told; one that may be repeated is, with the same key', async () => {
    for (const [effect, expected] of [
      ['once', 1],
      ['idempotent', 2],
      ['read', 2]
    ] as const) {
      const keys: string[] = []
      const store = await openStore('memory:')
      const work = {
        ...effects('work'),
        effect,
        run: (_args: unknown, { signal, idempotencyKey }: { signal: AbortSignal; idempotencyKey: string }) => {
          if (keys.push(idempotencyKey) > 1) return Promise.resolve('worked')
          return new Promise<string>((_, reject) =>
            signal.addEventListener('abort', () => reject(signal.reason), { once: true })
          )
        }
      }
      const agent = () =>
        defineAgent({
          name: 'agent',
          tools: [work],
          remit: [allow('work')],
          model: playing((_task, results) => results[0] ?? [{ name: 'work', args: { what: 'x' } }])
        })
      const first = agentRuntime({ store, agents: [agent()] })
      const turn = await first.startStreamingTurn({ agent: 'agent', input: 'go' })
      for await (const event of turn) if (event.type === 'tool.started') break
      await first.close()
      const second = agentRuntime({ store, agents: [agent()] })
      const { outcome } = await (await second.resume(turn.threadId)).result
      assert.equal(keys.length, expected, effect)
      assert.equal(new Set(keys).size, 1)
      const text = outcome.status === 'completed' ? outcome.text : ''
      assert.match(text, effect === 'once' ? /^OUTCOME_UNKNOWN: work was at work/ : /^worked/)
    }
  })
})

describe('the ladder, driven by the runtime that answered', () => {
  it('tells of each decision once, in the turn that the answer began', async () => {
    const touch = effects()
    const store = await openStore('memory:')
    const { threadId } = await agentRuntime({ store, agents: [ladder({ touch })] }).startTurn({
      agent: 'lead',
      input: 'a'
    })
    const runtime = agentRuntime({ store, agents: [ladder({ touch })] })
    const [a] = await runtime.openAsks(threadId)
    const types: string[] = []
    for await (const event of await runtime.resolveInput(a!.id, approve))
      if (event.type === 'ask.decided') types.push(event.path)
    assert.deepEqual(types, ['lead/coder/tester'])
  })
})
