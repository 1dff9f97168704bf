import { afterEach, assert, beforeEach, describe, it } from 'vitest'
import { openStore } from '../../checkpointers/open.ts'
import type { Store } from '../../checkpointers/store.ts'
import { defineAgent } from '../../prebuilt/define-agent.ts'
import { agentRuntime } from '../../runtime/agent-runtime.ts'
import type { Ask } from '../../state/asks.ts'
import type { AgentEvent } from '../../state/events.ts'
import { allow, ask, deny } from '../../state/remit.ts'
import { collected } from '../support/collected.ts'
import { effects } from '../support/effects.ts'
import { ladder } from '../support/ladder.ts'
import { refused } from '../support/refused.ts'
import { playing } from '../support/script.ts'
import { ALL_STORES, type StorePlace } from '../support/stores.ts'

const approve = { kind: 'approve', scope: 'once' } as const

for (const [name, makePlace] of ALL_STORES) {
  describe(`the ladder on ${name}`, () => {
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

    it('lists the asks of three grandchildren at once, and answers each alone, in any order, from fresh runtimes', async () => {
      const touch = effects()
      const fresh = () => agentRuntime({ store, agents: [ladder({ touch })] })
      const { threadId, outcome } = await fresh().startTurn({ agent: 'lead', input: 'a b c' })
      assert.equal(outcome.status, 'asking')
      const asks = byArgs(await fresh().openAsks(threadId))
      assert.deepEqual(
        asks.map(({ path, tool, args }) => ({ path, tool, args })),
        [
          { path: 'lead/coder/tester', tool: 'touch', args: { what: 'a' } },
          { path: 'lead/coder/tester', tool: 'touch', args: { what: 'b' } },
          { path: 'lead/coder/tester', tool: 'touch', args: { what: 'c' } }
        ]
      )
      const [a, b, c] = asks
      assert.equal((await (await fresh().resolveInput(b!.id, approve)).result).outcome.status, 'asking')
      assert.deepEqual(touch.done, ['b'])
      await (await fresh().resolveInput(c!.id, { kind: 'reject', reason: 'not c' })).result
      assert.deepEqual(touch.done, ['b'])
      const last = await (await fresh().resolveInput(a!.id, { kind: 'edit', args: { what: 'A' } })).result
      assert.deepEqual(touch.done, ['b', 'A'])
      assert.deepEqual(last.outcome, {
        status: 'completed',
        text: 'tested a: touched A\ntested b: touched b\ntested c: REJECTED: not c'
      })
    })

    it('goes on with what was approved while another call of the same message still waits', async () => {
      const touch = effects()
      const runtime = agentRuntime({ store, agents: [ladder({ touch })] })
      const { threadId } = await runtime.startTurn({ agent: 'lead', input: 'xy' })
      const [x, y] = byArgs(await runtime.openAsks(threadId))
      await (await runtime.resolveInput(y!.id, approve)).result
      assert.deepEqual(touch.done, ['y'])
      assert.deepEqual(
        (await runtime.openAsks(threadId)).map(({ id }) => id),
        [x!.id]
      )
      const { outcome } = await (await runtime.resolveInput(x!.id, approve)).result
      assert.deepEqual(touch.done, ['y', 'x'])
      assert.deepEqual(outcome, { status: 'completed', text: 'tested xy: touched x; touched y' })
    })

    it('takes one decision for an ask: a second, an unknown and a stale one change nothing', async () => {
      const touch = effects()
      const runtime = agentRuntime({ store, agents: [ladder({ touch })] })
      const { threadId } = await runtime.startTurn({ agent: 'lead', input: 'a b' })
      const [a, b] = byArgs(await runtime.openAsks(threadId))
      await (await runtime.resolveInput(a!.id, approve)).result
      const before = await runtime.getSnapshot(threadId)
      await refused(() => runtime.resolveInput(a!.id, approve), 'ASK_DECIDED')
      await refused(() => runtime.resolveInput('no-such-ask', approve), 'UNKNOWN_ASK')
      await refused(() => runtime.resolveInput(b!.id, { kind: 'perhaps' } as never), 'BAD_DECISION')
      await refused(() => runtime.resolveInput(b!.id, { kind: 'edit', args: { what: 7 } }), 'BAD_DECISION')
      assert.deepEqual((await runtime.getSnapshot(threadId)).checkpointId, before.checkpointId)
      await runtime.cancelRun(threadId)
      await refused(() => runtime.resolveInput(b!.id, approve), 'ASK_STALE')
      assert.deepEqual(touch.done, ['a'])
    })

    it('accepts one of fifty answers that come at once, and the tool runs once', async () => {
      const touch = effects()
      const runtimes = Array.from({ length: 5 }, () => agentRuntime({ store, agents: [ladder({ touch })] }))
      const { threadId } = await runtimes[0]!.startTurn({ agent: 'lead', input: 'a' })
      const [a] = await runtimes[0]!.openAsks(threadId)
      const answers = await Promise.allSettled(
        Array.from({ length: 50 }, (_, nth) => runtimes[nth % 5]!.resolveInput(a!.id, approve))
      )
      const accepted = answers.filter((answer) => answer.status === 'fulfilled')
      assert.equal(accepted.length, 1)
      for (const answer of answers) if (answer.status === 'rejected') assert.equal(answer.reason.code, 'ASK_DECIDED')
      assert.equal((await accepted[0]!.value.result).outcome.status, 'completed')
      assert.deepEqual(touch.done, ['a'])
    })
  })
}

describe('who decides', () => {
  const run = async (init: Omit<Parameters<typeof ladder>[0], 'touch'>, input: string) => {
    const touch = effects()
    const store = await openStore('memory:')
    const runtime = agentRuntime({ store, agents: [ladder({ touch, ...init })] })
    const turn = await runtime.startStreamingTurn({ agent: 'lead', input })
    const events = await collected(turn)
    return { touch, runtime, events, ...(await turn.result) }
  }
  const decisions = (events: AgentEvent[]) =>
    events.flatMap((event) => (event.type === 'ask.decided' ? [event.by] : []))

  it('is the nearest rung whose rules and remit cover the call', async () => {
    const coder = { remit: [allow('touch')], answers: [allow('touch')] }
    const { touch, events, outcome } = await run({ lead: { remit: [allow('touch')] }, coder }, 'a')
    assert.equal(outcome.status, 'completed')
    assert.deepEqual(touch.done, ['a'])
    assert.deepEqual(decisions(events), [{ kind: 'rule', path: 'lead/coder', reason: 'its rules allow it' }])
  })

  it('is not a rung whose own remit, or whose parent, does not cover the call', async () => {
    const coder = { remit: [allow('touch')], answers: [allow('touch')] }
    const { touch, outcome } = await run({ lead: { remit: [ask('touch')] }, coder }, 'a')
    assert.equal(outcome.status, 'asking')
    assert.deepEqual(touch.done, [])
  })

  it('may be a rung that rejects, with the words of its rule', async () => {
    const coder = { remit: [ask('touch')], answers: [{ ...deny('touch'), reason: 'never on a Friday' }] }
    const { touch, outcome } = await run({ coder }, 'a')
    assert.equal(outcome.status, 'completed')
    assert.include(outcome.status === 'completed' ? outcome.text : '', 'never on a Friday')
    assert.deepEqual(touch.done, [])
  })

  it('is nobody where a remit above denies: the call is refused without an ask', async () => {
    const { events, outcome, touch } = await run({ lead: { remit: [deny('touch')] } }, 'a')
    assert.equal(outcome.status, 'completed')
    assert.deepEqual(touch.done, [])
    assert.ok(!events.some(({ type }) => type === 'ask.opened'))
  })

  it('is the model of a rung whose charter lets it, within its remit; what is no clear answer goes up', async () => {
    for (const [verdict, expected] of [
      ['approve', ['a']],
      ['reject', []],
      ['escalate', 'asking'],
      ['nonsense', 'asking']
    ] as const) {
      const touch = effects()
      const tester = defineAgent({
        name: 'tester',
        tools: [touch],
        remit: [ask('touch')],
        model: playing([[{ name: 'touch', args: { what: 'a' } }], 'tested'])
      })
      const lead = defineAgent({
        name: 'lead',
        delegates: [tester],
        arbitration: 'model',
        remit: [allow('touch')],
        model: playing((task, results) => {
          if (task.includes('"tool": "touch"')) return [{ name: 'decide', args: { verdict, reason: 'because' } }]
          return results[0] ?? [{ name: 'delegate', args: { agent: 'tester', task: 'a' } }]
        })
      })
      const runtime = agentRuntime({ store: await openStore('memory:'), agents: [lead] })
      const { outcome, usage } = await runtime.startTurn({ agent: 'lead', input: 'go' })
      if (expected === 'asking') assert.equal(outcome.status, 'asking', verdict)
      else {
        assert.equal(outcome.status, 'completed', verdict)
        assert.deepEqual(touch.done, [...expected], verdict)
        assert.equal(usage.calls, 5, 'two of the tester, two of the lead, one to decide')
      }
    }
  })

  it('is a person at once, while a slow sibling still runs', async () => {
    const touch = effects()
    let release = () => {}
    const slowly = new Promise<void>((resolve) => {
      release = resolve
    })
    const quick = defineAgent({
      name: 'quick',
      tools: [touch],
      remit: [ask('touch')],
      model: playing([[{ name: 'touch', args: { what: 'q' } }], 'quick is done'])
    })
    const slow = defineAgent({
      name: 'slow',
      tools: [{ ...effects('wait'), run: () => slowly.then(() => 'waited') }],
      remit: [allow('wait')],
      model: playing([[{ name: 'wait', args: { what: 's' } }], 'slow is done'])
    })
    const calls = ['quick', 'slow'].map((agent) => ({ name: 'delegate', args: { agent, task: 'go' } }))
    const lead = defineAgent({
      name: 'lead',
      delegates: [quick, slow],
      remit: [allow('wait'), ask('touch')],
      model: playing((_task, results) => (results.length > 0 ? results.join(', ') : calls))
    })
    const runtime = agentRuntime({ store: await openStore('memory:'), agents: [lead] })
    const turn = await runtime.startStreamingTurn({ agent: 'lead', input: 'go' })
    for await (const event of turn) {
      if (event.type === 'ask.opened') void runtime.resolveInput(event.ask.id, approve)
      if (event.type === 'turn.finished' && event.path === 'lead/quick' && event.outcome.status === 'completed')
        release()
    }
    assert.deepEqual((await turn.result).outcome, { status: 'completed', text: 'quick is done, slow is done' })
    assert.deepEqual(touch.done, ['q'])
  })
})

/** Children that ask at the same time do so in no order. */
function byArgs(asks: readonly Ask[]): Ask[] {
  return asks.toSorted((a, b) => JSON.stringify(a.args).localeCompare(JSON.stringify(b.args)))
}
