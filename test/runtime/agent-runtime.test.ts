import { afterEach, assert, beforeEach, describe, it } from 'vitest'
import { z } from 'zod'
import { openStore } from '../../checkpointers/open.ts'
import type { Store } from '../../checkpointers/store.ts'
import { defineAgent } from '../../prebuilt/define-agent.ts'
import { agentRuntime } from '../../runtime/agent-runtime.ts'
import { type AgentEvent, passes } from '../../state/events.ts'
import { allow, ask } from '../../state/remit.ts'
import { tool } from '../../tools/tool.ts'
import { collected } from '../support/collected.ts'
import { effects } from '../support/effects.ts'
import { ladder } from '../support/ladder.ts'
import { refused } from '../support/refused.ts'
import { playing } from '../support/script.ts'
import { DURABLE_STORES, type StorePlace } from '../support/stores.ts'

const approve = { kind: 'approve', scope: 'once' } as const
const NOWHERE = '00000000-0000-4000-8000-000000000000'

describe('a turn', () => {
  let store: Store
  beforeEach(async () => {
    store = await openStore('memory:')
  })

  const simple = (model = playing(() => 'hello')) => defineAgent({ name: 'agent', model })

  it('streams the events of the whole tree, numbered without gaps, each with its place', async () => {
    const touch = effects()
    const lead = ladder({ touch, lead: { remit: [allow('touch')], answers: [allow('touch')] } })
    const runtime = agentRuntime({ store, agents: [lead] })
    const turn = await runtime.startStreamingTurn({ agent: 'lead', input: 'ab c' })
    const events = await collected(turn)
    const kept = events.filter((event) => !passes(event))
    assert.deepEqual(
      kept.map(({ seq }) => seq),
      kept.map((_, at) => at + 1)
    )
    const again: AgentEvent[] = []
    for await (const event of runtime.events(turn.threadId)) again.push(event)
    assert.deepEqual(again, kept, 'the journal has them all')
    for (const event of events) {
      assert.equal(event.rootThreadId, turn.threadId)
      assert.ok(event.threadId && event.runId && event.path.startsWith('lead'), event.type)
    }
    const paths = new Set(events.map(({ path }) => path))
    assert.deepEqual([...paths], ['lead', 'lead/coder', 'lead/coder/tester'])
    assert.ok(events.some(({ type }) => type === 'model.delta'))
    assert.equal(events.at(-1)?.type, 'turn.finished')
  })

  it('goes on with a thread where the last one ended', async () => {
    const agent = simple(playing((task) => `you said ${task}`))
    const runtime = agentRuntime({ store, agents: [agent] })
    const { threadId } = await runtime.startTurn({ agent: 'agent', input: 'one' })
    const second = await runtime.startTurn({ agent: 'agent', input: 'two', threadId })
    assert.deepEqual(second.outcome, { status: 'completed', text: 'you said two' })
    const { values } = await runtime.getSnapshot(threadId)
    assert.equal((values as { messages: unknown[] }).messages.length, 4)
  })

  it('is refused for an unknown agent, thread or workspace, and for a thread that is busy, asking or another agent’s', async () => {
    const other = defineAgent({ name: 'other', model: playing(() => 'hi') })
    const runtime = agentRuntime({ store, agents: [ladder({ touch: effects() }), other] })
    await refused(() => runtime.startTurn({ agent: 'nobody', input: 'x' }), 'UNKNOWN_AGENT')
    await refused(() => runtime.startTurn({ agent: 'lead', input: 'x', threadId: NOWHERE }), 'UNKNOWN_THREAD')
    await refused(
      () => runtime.startTurn({ agent: 'lead', input: 'x', workspace: '/no/such/place' }),
      'WORKSPACE_MISSING'
    )
    const { threadId } = await runtime.startTurn({ agent: 'lead', input: 'a' })
    await refused(() => runtime.startTurn({ agent: 'lead', input: 'and?', threadId }), 'THREAD_ASKING')
    await refused(() => runtime.startTurn({ agent: 'other', input: 'and?', threadId }), 'UNKNOWN_AGENT')
    assert.equal((await runtime.openAsks(threadId)).length, 1, 'the ask is still there')
    const done = await runtime.startTurn({ agent: 'other', input: 'one' })
    const both = await Promise.allSettled(
      ['two', 'three'].map((input) => runtime.startTurn({ agent: 'other', input, threadId: done.threadId }))
    )
    assert.deepEqual(both.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
  })

  it('fails with a typed outcome when the model does, and can be resumed from where it stood', async () => {
    let broken = true
    const touch = effects()
    const agent = defineAgent({
      name: 'agent',
      tools: [touch],
      remit: [allow('touch')],
      model: playing((_task, results) => {
        if (results.length === 0) return [{ name: 'touch', args: { what: 'a' } }]
        if (broken) throw new Error('overloaded')
        return 'done'
      })
    })
    const runtime = agentRuntime({ store, agents: [agent] })
    const { threadId, outcome } = await runtime.startTurn({ agent: 'agent', input: 'go' })
    assert.equal(outcome.status === 'failed' && outcome.error.code, 'MODEL_FAILED')
    broken = false
    const resumed = await (await runtime.resume(threadId)).result
    assert.deepEqual(resumed.outcome, { status: 'completed', text: 'done' })
    assert.deepEqual(touch.done, ['a'], 'what was done is not done again')
  })

  it('refuses two different agents of one name', () => {
    const twins = [simple(), simple()]
    assert.throws(() => agentRuntime({ store, agents: twins }), /two different agents are named "agent"/)
  })
})

describe('limits of a tree', () => {
  const deep = (depth: number) => {
    const leaf = defineAgent({ name: 'leaf', model: playing(() => 'leaf') })
    const down = playing(
      (task, results) =>
        results[0] ?? [{ name: 'delegate', args: { agent: task === 'go' ? 'middle' : 'leaf', task: 'on' } }]
    )
    const middle = defineAgent({ name: 'middle', delegates: [leaf], model: down })
    return defineAgent({ name: 'top', delegates: [middle], model: down, limits: { depth } })
  }

  it('hold for depth, counted from the agent that has the limit', async () => {
    for (const [depth, expected] of [
      [2, 'leaf'],
      [1, 'DEPTH_LIMIT'],
      [0, 'DEPTH_LIMIT']
    ] as const) {
      const runtime = agentRuntime({ store: await openStore('memory:'), agents: [deep(depth)] })
      const { outcome } = await runtime.startTurn({ agent: 'top', input: 'go' })
      assert.include(outcome.status === 'completed' ? outcome.text : '', expected)
    }
  })

  it('hold for width: what is too much is answered, the rest is done', async () => {
    const leaf = defineAgent({ name: 'leaf', model: playing((task) => `leaf ${task}`) })
    const calls = ['1', '2', '3'].map((task) => ({ name: 'delegate', args: { agent: 'leaf', task } }))
    const model = playing((_task, results) => (results.length > 0 ? results.join(' | ') : calls))
    const top = defineAgent({ name: 'top', delegates: [leaf], model, limits: { width: 2 } })
    const runtime = agentRuntime({ store: await openStore('memory:'), agents: [top] })
    const { outcome } = await runtime.startTurn({ agent: 'top', input: 'go' })
    assert.match(outcome.status === 'completed' ? outcome.text : '', /^leaf 1 \| leaf 2 \| WIDTH_LIMIT/)
  })
})

describe('cancelRun', () => {
  it('stops the subtree: nothing starts afterwards, asks are withdrawn, and the thread answers its next message', async () => {
    const started: string[] = []
    let atWork = () => {}
    const working = new Promise<void>((resolve) => {
      atWork = resolve
    })
    const slow = {
      ...effects('slow'),
      run: (_args: unknown, { signal }: { signal: AbortSignal }) =>
        new Promise<string>((_, reject) => {
          atWork()
          signal.addEventListener('abort', () => reject(signal.reason), { once: true })
        })
    }
    const touch = effects()
    const worker = defineAgent({
      name: 'worker',
      tools: [slow, touch],
      remit: [allow('slow'), ask('touch')],
      model: playing((task) => {
        started.push(task)
        return [{ name: task, args: { what: task } }]
      })
    })
    const calls = ['slow', 'touch'].map((task) => ({ name: 'delegate', args: { agent: 'worker', task } }))
    const lead = defineAgent({
      name: 'lead',
      delegates: [worker],
      remit: [allow('slow'), ask('touch')],
      model: playing((task) => {
        started.push(task)
        return task === 'go' ? calls : `you said ${task}`
      })
    })
    const runtime = agentRuntime({ store: await openStore('memory:'), agents: [lead] })
    const turn = await runtime.startStreamingTurn({ agent: 'lead', input: 'go' })
    const asked = (async () => {
      for await (const event of turn) if (event.type === 'ask.opened') return
    })()
    await Promise.all([working, asked])
    await runtime.cancelRun(turn.threadId, 'enough')
    assert.deepEqual((await turn.result).outcome, { status: 'cancelled', reason: 'enough' })
    const before = [...started]
    const { subtree } = await runtime.getSnapshot(turn.threadId)
    assert.deepEqual(
      subtree.map(({ thread }) => thread.status),
      ['cancelled', 'cancelled', 'cancelled']
    )
    assert.deepEqual(await runtime.openAsks(), [])
    assert.deepEqual(started, before)
    const next = await runtime.startTurn({ agent: 'lead', input: 'hello?', threadId: turn.threadId })
    assert.deepEqual(next.outcome, { status: 'completed', text: 'you said hello?' })
    const { ledger } = await runtime.getSnapshot(turn.threadId)
    assert.deepEqual(
      ledger.map(({ status }) => status),
      ['cancelled', 'cancelled']
    )
  })

  it('stops one child alone: its parent reads that it was cancelled and goes on', async () => {
    const touch = effects()
    const runtime = agentRuntime({ store: await openStore('memory:'), agents: [ladder({ touch })] })
    const { threadId } = await runtime.startTurn({ agent: 'lead', input: 'a b' })
    const { subtree } = await runtime.getSnapshot(threadId)
    const [, first] = subtree
    await runtime.cancelRun(first!.thread.threadId, 'not this one')
    const [left] = await runtime.openAsks(threadId)
    const { outcome } = await (await runtime.resolveInput(left!.id, approve)).result
    assert.equal(outcome.status, 'completed')
    assert.include(outcome.status === 'completed' ? outcome.text : '', 'RUN_CANCELLED: not this one')
    assert.equal(touch.done.length, 1)
  })
})

describe('close', () => {
  it('pauses what runs, and another runtime resumes it', async () => {
    const store = await openStore('memory:')
    let calls = 0
    const wait = {
      ...effects('wait'),
      run: (_args: unknown, { signal }: { signal: AbortSignal }) =>
        new Promise<string>((resolve, reject) => {
          if (calls++ > 0) resolve('waited')
          signal.addEventListener('abort', () => reject(signal.reason), { once: true })
        })
    }
    const agent = defineAgent({
      name: 'agent',
      tools: [wait],
      remit: [allow('wait')],
      model: playing([[{ name: 'wait', args: { what: 'x' } }], 'done'])
    })
    const first = agentRuntime({ store, agents: [agent] })
    const turn = await first.startStreamingTurn({ agent: 'agent', input: 'go' })
    for await (const event of turn) if (event.type === 'tool.started') break
    await first.close()
    assert.equal((await turn.result).outcome.status, 'paused')
    const second = agentRuntime({ store, agents: [agent] })
    await refused(() => second.startTurn({ agent: 'agent', input: 'other', threadId: turn.threadId }), 'THREAD_BUSY')
    assert.deepEqual((await (await second.resume(turn.threadId)).result).outcome, { status: 'completed', text: 'done' })
  })
})

for (const [name, makePlace] of DURABLE_STORES) {
  describe(`resumeFrom on ${name}`, () => {
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

    it('is a new tree from any checkpoint of the old one, which stays as it was to the byte', async () => {
      const touch = effects()
      const runtime = agentRuntime({ store, agents: [ladder({ touch })] })
      const { threadId } = await runtime.startTurn({ agent: 'lead', input: 'a b' })
      for (const { id } of await runtime.openAsks(threadId)) await (await runtime.resolveInput(id, approve)).result
      assert.equal(touch.done.length, 2)
      const before = await everything(threadId)
      const history = await runtime.history(threadId)
      for (const { checkpointId, next } of history) {
        touch.done.length = 0
        const turn = await runtime.resumeFrom({ threadId, checkpointId })
        assert.notEqual(turn.threadId, threadId)
        let { outcome } = await turn.result
        for (const { id } of await runtime.openAsks(turn.threadId))
          outcome = (await (await runtime.resolveInput(id, approve)).result).outcome
        assert.deepEqual(
          outcome,
          { status: 'completed', text: 'tested a: touched a\ntested b: touched b' },
          next.join()
        )
      }
      assert.deepEqual(await everything(threadId), before)

      async function everything(root: string) {
        const threads = await store.journal.threadsOf(root)
        return Promise.all(
          threads.map(async (thread) => ({
            thread,
            history: await runtime.history(thread.threadId),
            values: JSON.stringify((await runtime.getSnapshot(thread.threadId)).values)
          }))
        )
      }
    })

    it('re-runs exactly the later steps, and does not deliver an answer that was given on the old branch', async () => {
      const touch = effects()
      const runtime = agentRuntime({ store, agents: [ladder({ touch })] })
      const { threadId } = await runtime.startTurn({ agent: 'lead', input: 'a b' })
      const asks = await runtime.openAsks(threadId)
      const a = asks.find(({ args }) => (args as { what: string }).what === 'a')!
      const b = asks.find(({ args }) => (args as { what: string }).what === 'b')!
      await (await runtime.resolveInput(a.id, approve)).result
      const [parked] = await runtime.history(threadId)
      await (await runtime.resolveInput(b.id, approve)).result
      assert.deepEqual(touch.done, ['a', 'b'])

      const turn = await runtime.resumeFrom({ threadId, checkpointId: parked!.checkpointId })
      assert.equal((await turn.result).outcome.status, 'asking')
      const again = await runtime.openAsks(turn.threadId)
      assert.deepEqual(
        again.map(({ args }) => args),
        [{ what: 'b' }],
        'a was done before the fork'
      )
      assert.notEqual(again[0]!.id, b.id)
      const { outcome } = await (await runtime.resolveInput(again[0]!.id, { kind: 'reject', reason: 'not here' }))
        .result
      assert.deepEqual(touch.done, ['a', 'b'])
      assert.deepEqual(outcome, { status: 'completed', text: 'tested a: touched a\ntested b: REJECTED: not here' })
    })

    it('names what it cannot find', async () => {
      const runtime = agentRuntime({ store, agents: [ladder({ touch: effects() })] })
      const { threadId } = await runtime.startTurn({ agent: 'lead', input: 'a' })
      await refused(() => runtime.resumeFrom({ threadId, checkpointId: NOWHERE }), 'UNKNOWN_CHECKPOINT')
      await refused(() => runtime.resumeFrom({ threadId: NOWHERE, checkpointId: NOWHERE }), 'UNKNOWN_THREAD')
    })
  })
}

describe('a child that is cancelled from another runtime', () => {
  it('lets its parent go on once the tree is resumed', async () => {
    const store = await openStore('memory:')
    const fresh = () => agentRuntime({ store, agents: [ladder({ touch: effects() })] })
    const { threadId } = await fresh().startTurn({ agent: 'lead', input: 'a' })
    const tester = (await fresh().getSnapshot(threadId)).subtree.find(({ thread }) => thread.agent === 'tester')!
    await fresh().cancelRun(tester.thread.threadId, 'no need')
    const { outcome } = await (await fresh().resume(threadId)).result
    assert.deepEqual(outcome, { status: 'completed', text: 'RUN_CANCELLED: it was cancelled' })
  })
})

describe('the tokens of a turn that failed', () => {
  it('are counted all the same', async () => {
    const agent = defineAgent({
      name: 'agent',
      tools: [effects()],
      remit: [allow('touch')],
      model: playing((_task, results) => {
        if (results.length > 0) throw new Error('overloaded')
        return [{ name: 'touch', args: { what: 'a' } }]
      })
    })
    const runtime = agentRuntime({ store: await openStore('memory:'), agents: [agent] })
    const { outcome, usage } = await runtime.startTurn({ agent: 'agent', input: 'go' })
    assert.equal(outcome.status, 'failed')
    assert.equal(usage.calls, 1)
  })
})

describe('an ask of a tool whose arguments are transformed', () => {
  it('can be approved', async () => {
    const dates: string[] = []
    const book = tool({
      name: 'book',
      description: 'Books a day.',
      effect: 'once',
      args: z.object({ day: z.string().transform((text) => new Date(text)) }),
      run: async ({ day }) => `booked ${dates.push(day.toISOString())}`
    })
    const agent = defineAgent({
      name: 'agent',
      tools: [book],
      model: playing([[{ name: 'book', args: { day: '2026-01-01' } }], 'done'])
    })
    const runtime = agentRuntime({ store: await openStore('memory:'), agents: [agent] })
    const { threadId } = await runtime.startTurn({ agent: 'agent', input: 'go' })
    const [booking] = await runtime.openAsks(threadId)
    await (await runtime.resolveInput(booking!.id, approve)).result
    assert.deepEqual(dates, ['2026-01-01T00:00:00.000Z'])
  })
})
