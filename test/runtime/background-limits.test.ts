import { afterEach, assert, beforeEach, describe, it } from 'vitest'
import { openStore } from '../../checkpointers/open.ts'
import type { Store } from '../../checkpointers/store.ts'
import { defineAgent } from '../../prebuilt/define-agent.ts'
import type { Agent } from '../../runtime/agent.ts'
import { agentRuntime } from '../../runtime/agent-runtime.ts'
import { ledgerOf } from '../../runtime/dialects/deputy.ts'
import { allow, ask, deny } from '../../state/remit.ts'
import { answersIn, isReport, leadOf, messagesOf, reportsTo, start, task, workerOf } from '../support/background.ts'
import { effects } from '../support/effects.ts'
import { type Held, held } from '../support/held.ts'
import { playing } from '../support/script.ts'
import { DURABLE_STORES, type StorePlace } from '../support/stores.ts'

const approve = { kind: 'approve', scope: 'once' } as const

describe('an agent that may leave tasks in the background', () => {
  it('is one that its charter says so of: to any other the tool is unknown', async () => {
    const moves = [start('go', 'x')]
    const lead = leadOf({
      tools: [],
      moves: (input, results) => (isReport(input) ? 'told' : (moves[results.length] ?? results.join()))
    })
    const plain = leadOf({
      tools: [],
      moves: (input, results) => (isReport(input) ? 'told' : (moves[results.length] ?? results.join())),
      lead: { background: false }
    })
    for (const [agent, expected] of [
      [lead, /"status":"running"/],
      [plain, /BAD_ARGUMENTS: there is no tool "task"/]
    ] as const) {
      const runtime = agentRuntime({ store: await openStore('memory:'), agents: [agent] })
      const { threadId, outcome } = await runtime.startTurn({ agent: 'lead', input: 'go' })
      assert.match(outcome.status === 'completed' ? outcome.text : '', expected)
      await runtime.idle(threadId)
    }
  })

  it('reads what is wrong with a call, and may be denied', async () => {
    const calls = [
      task({ op: 'begin' }),
      task({ op: 'start', tasks: [] }),
      task({ op: 'start', tasks: [{ agent: 'cook', task: 'soup' }] }),
      task({ op: 'send', id: 'x' }),
      start('denied', 'secret'),
      task({ op: 'cancel', ids: ['x'] })
    ].flat()
    const lead = leadOf({
      tools: [],
      moves: (_input, results) => (results.length > 0 ? results.join('\n') : calls),
      lead: { remit: [deny('delegate', { task: 'secret' }), deny('task', { op: 'cancel' }), allow('*')] }
    })
    const runtime = agentRuntime({ store: await openStore('memory:'), agents: [lead] })
    const { outcome } = await runtime.startTurn({ agent: 'lead', input: 'go' })
    const told = outcome.status === 'completed' ? outcome.text : ''
    assert.equal(told.match(/BAD_ARGUMENTS/g)?.length, 4, told)
    assert.include(told, 'there is no agent "cook"')
    assert.equal(told.match(/DENIED/g)?.length, 2, told)
  })

  it('has as many at work as its width allows, and as many levels below it as every agent above allows', async () => {
    const hold = held()
    const wide = leadOf({
      tools: [hold.tool],
      moves: (_input, results) => (results.length > 0 ? results.join() : start('go', 'hold a', 'hold b', 'hold c')),
      lead: { limits: { width: 2 } }
    })
    const runtime = agentRuntime({ store: await openStore('memory:'), agents: [wide] })
    const { threadId, outcome } = await runtime.startTurn({ agent: 'lead', input: 'go' })
    assert.match(outcome.status === 'completed' ? outcome.text : '', /("status":"running".*){2}WIDTH_LIMIT/)
    await runtime.cancelRun(threadId)

    const middle = leadOf({
      tools: [],
      moves: (_input, results) => results[0] ?? start('in', 'x'),
      lead: { name: 'middle' }
    })
    const top = defineAgent({
      name: 'top',
      background: true,
      delegates: [middle],
      limits: { depth: 1 },
      model: playing((_input, results) => results[0] ?? [{ name: 'delegate', args: { agent: 'middle', task: 'on' } }])
    })
    const deep = agentRuntime({ store: await openStore('memory:'), agents: [top] })
    const turn = await deep.startTurn({ agent: 'top', input: 'go' })
    assert.include(turn.outcome.status === 'completed' ? turn.outcome.text : '', 'DEPTH_LIMIT')
  })
})

/** A root that starts a `middle` in the background, which starts workers in the background itself. */
function twoLevels({ hold, moves }: { hold: Held; moves: Parameters<typeof leadOf>[0]['moves'] }): Agent {
  const middle = leadOf({
    tools: [hold.tool],
    lead: { name: 'middle' },
    moves: (_input, results, messages) => {
      const reports = messages.filter(({ additional_kwargs }) => additional_kwargs.report)
      if (results.length === 0) return start('in', 'hold a', 'hold b')
      return `${reports.length} of 2 reported`
    }
  })
  return defineAgent({ name: 'top', background: true, delegates: [middle], remit: [allow('*')], model: playing(moves) })
}

describe('background tasks below the root', () => {
  it('belong to the turn of their parent, which is over when they are', async () => {
    const hold = held()
    const top = twoLevels({
      hold,
      moves: (_input, results) => results[0] ?? [{ name: 'delegate', args: { agent: 'middle', task: 'go' } }]
    })
    const runtime = agentRuntime({ store: await openStore('memory:'), agents: [top] })
    const turn = runtime.startTurn({ agent: 'top', input: 'go' })
    await Promise.all([hold.at('a'), hold.at('b')])
    hold.release('a', 'b')
    assert.deepEqual((await turn).outcome, { status: 'completed', text: '2 of 2 reported' })
  })

  it('are not their grandparent’s: their ids are unknown to it, as any other', async () => {
    const hold = held()
    const top = twoLevels({
      hold,
      moves: async (input, results) => {
        if (isReport(input)) return 'over'
        const moves = [
          task({ op: 'start', tasks: [{ agent: 'middle', task: 'go' }] }, 'go'),
          task({ op: 'cancel', ids: ['in.1'] }),
          task({ op: 'status', ids: ['in.1', 'nobody'] }),
          task({ op: 'wait', ids: ['in.1'] }),
          task({ op: 'send', id: 'in.1', text: 'hello?' })
        ]
        if (results.length === 1) await hold.at('a')
        return moves[results.length] ?? 'done'
      }
    })
    const runtime = agentRuntime({ store: await openStore('memory:'), agents: [top] })
    const { threadId } = await runtime.startTurn({ agent: 'top', input: 'go' })
    const unknown = (id: string) => ({
      id,
      error: { code: 'UNKNOWN_TASK', message: `this agent has no task "${id}"; op "status" lists them` }
    })
    const [, cancel, status, wait, send] = await answersIn(runtime, threadId)
    assert.deepEqual(cancel, { tasks: [unknown('in.1')] })
    assert.deepEqual(status, { tasks: [unknown('in.1'), unknown('nobody')] })
    assert.deepEqual(wait, { tasks: [unknown('in.1')] })
    assert.equal(send, `UNKNOWN_TASK: ${unknown('in.1').error.message}`)
    hold.release('a', 'b')
    await runtime.idle(threadId)
    const { ledger } = await runtime.getSnapshot(threadId)
    assert.deepInclude(ledger[0], { status: 'completed', result: '2 of 2 reported' })
  })

  it('are stopped where the turn that started them fails', async () => {
    const hold = held()
    const middle = leadOf({
      tools: [hold.tool],
      lead: { name: 'middle', limits: { steps: 1 } },
      moves: () => start('in', 'hold a')
    })
    const top = defineAgent({
      name: 'top',
      delegates: [middle],
      remit: [allow('*')],
      model: playing((_input, results) => results[0] ?? [{ name: 'delegate', args: { agent: 'middle', task: 'go' } }])
    })
    const runtime = agentRuntime({ store: await openStore('memory:'), agents: [top] })
    const { threadId, outcome } = await runtime.startTurn({ agent: 'top', input: 'go' })
    assert.match(outcome.status === 'completed' ? outcome.text : '', /^STEP_LIMIT/)
    const { subtree } = await runtime.getSnapshot(threadId)
    assert.deepEqual(
      subtree.map(({ thread }) => thread.status),
      ['completed', 'failed', 'cancelled']
    )
    const { values } = await runtime.getSnapshot(subtree[1]!.thread.threadId)
    assert.deepEqual(
      ledgerOf(values).map(({ id, status }) => [id, status]),
      [['in.1', 'cancelled']]
    )
  })

  it('are stopped where the agent that started them wraps up', async () => {
    const hold = held()
    const wrapUpMiddle = async () => {
      const [root] = await runtime.threads()
      const { subtree } = await runtime.getSnapshot(root!.threadId)
      await runtime.wrapUp(subtree.find(({ thread }) => thread.agent === 'middle')!.thread.threadId)
    }
    const middle = leadOf({
      tools: [hold.tool],
      lead: { name: 'middle' },
      async moves(_input, results) {
        if (results.length === 0) return start('in', 'hold a')
        if (results.length > 1) return 'what there is'
        await hold.at('a')
        await wrapUpMiddle()
        return task({ op: 'status' })
      }
    })
    const top = defineAgent({
      name: 'top',
      delegates: [middle],
      remit: [allow('*')],
      model: playing((_input, results) => results[0] ?? [{ name: 'delegate', args: { agent: 'middle', task: 'go' } }])
    })
    const runtime = agentRuntime({ store: await openStore('memory:'), agents: [top] })
    const { threadId, outcome } = await runtime.startTurn({ agent: 'top', input: 'go' })
    assert.deepEqual(outcome, { status: 'completed', text: 'what there is' })
    const { subtree } = await runtime.getSnapshot(threadId)
    assert.deepEqual(
      subtree.map(({ thread }) => thread.status),
      ['completed', 'completed', 'cancelled']
    )
  })

  it('go on where it is a root’s own turn that reached a limit, which hears of them when somebody speaks to it', async () => {
    const hold = held()
    const lead = leadOf({
      tools: [hold.tool],
      lead: { limits: { steps: 1 } },
      moves: (input) => (input === 'go' ? start('in', 'hold a') : 'done')
    })
    const runtime = agentRuntime({ store: await openStore('memory:'), agents: [lead] })
    const { threadId, outcome } = await runtime.startTurn({ agent: 'lead', input: 'go' })
    assert.equal(outcome.status === 'failed' && outcome.error.code, 'STEP_LIMIT')
    await hold.at('a')
    hold.release('a')
    await runtime.idle(threadId)
    const { subtree } = await runtime.getSnapshot(threadId)
    assert.deepEqual(
      subtree.map(({ thread }) => thread.status),
      ['failed', 'completed']
    )
    assert.deepEqual(await reportsTo(runtime, threadId), [])
    const again = await runtime.startTurn({ agent: 'lead', threadId, input: 'again' })
    assert.equal(again.outcome.status, 'completed')
    assert.deepEqual(await reportsTo(runtime, threadId), ['in.1'])
  })
})

describe('a runtime with one place to work in', () => {
  it('runs a tree of three levels that wait for each other, delegated or in the background, one run at a time', async () => {
    let thinking = 0
    let most = 0
    const counted = (moves: (results: readonly string[]) => ReturnType<typeof start> | string) =>
      playing(async (_input, results) => {
        most = Math.max(most, ++thinking)
        for (let turns = 0; turns < 5; turns++) await new Promise(setImmediate)
        thinking--
        return moves(results)
      })
    const waiting = (agent: string) => (results: readonly string[]) => {
      const work = { agent, task: 'go' }
      const moves = [
        [{ name: 'delegate', args: work }, ...task({ op: 'start', tasks: [work, work] })],
        task({ op: 'wait' })
      ]
      return moves[Math.ceil(results.length / 2)] ?? `${agent}: ${results.at(-1)}`
    }
    const leaf = defineAgent({ name: 'leaf', model: counted(() => 'leaf') })
    const middle = defineAgent({ name: 'middle', background: true, delegates: [leaf], model: counted(waiting('leaf')) })
    const top = defineAgent({ name: 'top', background: true, delegates: [middle], model: counted(waiting('middle')) })
    const runtime = agentRuntime({ store: await openStore('memory:'), agents: [top], maxConcurrent: 1 })
    const { threadId, outcome } = await runtime.startTurn({ agent: 'top', input: 'go' })
    assert.equal(outcome.status, 'completed')
    await runtime.idle(threadId)
    assert.equal(most, 1)
    const { ledger, subtree } = await runtime.getSnapshot(threadId)
    assert.deepEqual([...new Set(ledger.map(({ status }) => status))], ['completed'])
    assert.lengthOf(subtree, 13)
  })
})

for (const [name, makePlace] of DURABLE_STORES) {
  describe(`background tasks and their runtimes on ${name}`, () => {
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

    const leading = (hold: Held, init: Partial<Parameters<typeof leadOf>[0]> = {}) =>
      leadOf({
        tools: [hold.tool],
        moves: (input, results) =>
          isReport(input) ? 'told' : results.length > 0 ? 'started' : start('go', 'hold a', 'hold b', 'hold c'),
        ...init
      })

    it('go on where a closed runtime left them, when the next one recovers or resumes', async () => {
      for (const how of ['recover', 'resume'] as const) {
        const hold = held()
        const first = agentRuntime({ store, agents: [leading(hold)] })
        const { threadId } = await first.startTurn({ agent: 'lead', input: 'go' })
        await Promise.all(['a', 'b', 'c'].map(hold.at))
        await first.close()
        assert.deepEqual(await reportsTo(first, threadId), [])

        const again = held()
        const next = agentRuntime({ store, agents: [leading(again)] })
        if (how === 'recover') await next.recover()
        else await next.resume(threadId)
        await Promise.all(['a', 'b', 'c'].map(again.at))
        again.release('a', 'b', 'c')
        await next.idle(threadId)
        assert.sameMembers(await reportsTo(next, threadId), ['go.1', 'go.2', 'go.3'])
        assert.deepEqual(await store.journal.unfinished(), [])
        assert.deepEqual(await store.journal.letters(threadId), [])
      }
    })

    it('go on by themselves on a fork, and on the old branch', async () => {
      const hold = held()
      const runtime = agentRuntime({ store, agents: [leading(hold)] })
      const { threadId } = await runtime.startTurn({ agent: 'lead', input: 'go' })
      await Promise.all(['a', 'b', 'c'].map(hold.at))
      const [last] = await runtime.history(threadId)
      const fork = await runtime.resumeFrom({ threadId, checkpointId: last!.checkpointId, accept: true })
      await fork.result
      while (hold.begun.length < 6) await new Promise(setImmediate)
      hold.release('a', 'b', 'c')
      await runtime.idle(threadId)
      await runtime.idle(fork.threadId)
      for (const root of [threadId, fork.threadId]) {
        assert.sameMembers(await reportsTo(runtime, root), ['go.1', 'go.2', 'go.3'])
        assert.equal((await messagesOf(runtime, root)).at(-1)?.text, 'told')
      }
    })

    it('ask by rule while their parent itself waits for a person', async () => {
      const touch = effects()
      const sign = effects('sign')
      const hold = held()
      const lead = leadOf({
        tools: [touch, sign, hold.tool],
        moves: async (input, results) => {
          if (isReport(input)) return 'told'
          if (results.length !== 1) return results.length > 0 ? 'signed' : start('go', 'touch a')
          // It asks while its parent is busy, and its parent waits for a person next.
          while ((await store.journal.openAsks()).length === 0) await new Promise((soon) => setTimeout(soon, 5))
          return [{ name: 'sign', args: { what: 'lead' } }]
        },
        lead: { remit: [ask('sign'), allow('*')], answers: [allow('touch')] },
        worker: { remit: [ask('touch')] }
      })
      const runtime = agentRuntime({ store, agents: [lead] })
      const { threadId, outcome } = await runtime.startTurn({ agent: 'lead', input: 'go' })
      assert.equal(outcome.status, 'asking')
      await runtime.idle(threadId)
      assert.deepEqual(touch.done, ['a'])
      const [own, ...others] = await runtime.openAsks(threadId)
      assert.deepEqual([own?.tool, others.length], ['sign', 0])
      const { outcome: after } = await (await runtime.resolveInput(own!.id, approve)).result
      assert.deepEqual(after, { status: 'completed', text: 'signed' })
      await runtime.idle(threadId)
      assert.deepEqual(await reportsTo(runtime, threadId), ['go.1'])
      assert.deepEqual(sign.done, ['lead'])
      assert.deepEqual(await store.journal.unfinished(), [])
    })
  })
}

describe('a task that was delegated and waited for', () => {
  it('can be gone on with in the background', async () => {
    const lead = leadOf({
      tools: [],
      moves: (_input, results) => {
        const moves = [
          [{ name: 'delegate', args: { agent: 'worker', task: 'one' }, id: 'first' }],
          task({ op: 'send', id: 'first', text: 'two' }),
          task({ op: 'wait' })
        ]
        return moves[results.length] ?? results.at(-1)!
      }
    })
    const runtime = agentRuntime({ store: await openStore('memory:'), agents: [lead] })
    const { threadId, outcome } = await runtime.startTurn({ agent: 'lead', input: 'go' })
    assert.include(outcome.status === 'completed' ? outcome.text : '', '"result":"answer to two"')
    const { subtree } = await runtime.getSnapshot(threadId)
    assert.lengthOf(subtree, 2)
    const messages = await messagesOf(runtime, subtree[1]!.thread.threadId)
    assert.deepEqual(
      messages.map(({ text }) => text),
      ['one', 'answer to one', 'two', 'answer to two']
    )
  })
})

describe('a worker on its own', () => {
  it('may be a root of its own: nothing of it is in the background', async () => {
    const runtime = agentRuntime({ store: await openStore('memory:'), agents: [workerOf([])] })
    const { threadId, outcome } = await runtime.startTurn({ agent: 'worker', input: 'x' })
    assert.deepEqual(outcome, { status: 'completed', text: 'answer to x' })
    await runtime.idle(threadId)
  })
})
