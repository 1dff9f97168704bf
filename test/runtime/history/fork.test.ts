import { afterEach, assert, beforeEach, describe, it } from 'vitest'
import { openStore } from '../../../checkpointers/open.ts'
import type { Store } from '../../../checkpointers/store.ts'
import { defineAgent } from '../../../prebuilt/define-agent.ts'
import { type AgentRuntime, agentRuntime } from '../../../runtime/agent-runtime.ts'
import { allow, ask } from '../../../state/remit.ts'
import { effects } from '../../support/effects.ts'
import { ladder } from '../../support/ladder.ts'
import { refused } from '../../support/refused.ts'
import { playing } from '../../support/script.ts'
import { ALL_STORES, type StorePlace } from '../../support/stores.ts'
import { approveAll, keptOf, nodesRun, treeHistory } from '../../support/travel.ts'

const approve = { kind: 'approve', scope: 'once' } as const

for (const [name, makePlace] of ALL_STORES)
  describe(`a fork on ${name}`, () => {
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

    it('at every step of a tree three levels deep runs exactly the later nodes, and leaves the old branch as it was', async () => {
      const touch = effects()
      const runtime = agentRuntime({ store, agents: [ladder({ touch })] })
      const { threadId } = await runtime.startTurn({ agent: 'lead', input: 'a' })
      await approveAll(runtime, threadId)
      const recorded = await treeHistory(runtime, threadId)
      assert.sameMembers([...new Set(recorded.map(({ path }) => path))], ['lead', 'lead/coder', 'lead/coder/tester'])
      const kept = await keptOf(store, place, threadId)
      for (const { threadId: from, checkpointId, path, step, next } of recorded) {
        const at = recorded.findIndex((entry) => entry.checkpointId === checkpointId && entry.threadId === from)
        const later = recorded.slice(at + 1).filter((entry) => entry.path.startsWith(path))
        const turn = await runtime.resumeFrom({ threadId: from, checkpointId, accept: true })
        await turn.result
        await approveAll(runtime, turn.threadId)
        const where = `from step ${step} of ${path}, before ${next.join() || 'nothing'}`
        assert.deepEqual(nodesRun(await treeHistory(runtime, turn.threadId)), nodesRun(later), where)
        assert.equal((await runtime.getSnapshot(turn.threadId)).thread.status, 'completed', where)
      }
      const now = new Set(await keptOf(store, place, threadId))
      assert.deepEqual(
        kept.filter((row) => !now.has(row)),
        []
      )
    })

    it('leaves siblings out, or where they were', async () => {
      const touch = effects()
      const runtime = agentRuntime({ store, agents: [ladder({ touch })] })
      const { threadId } = await runtime.startTurn({ agent: 'lead', input: 'a b' })
      const asks = await runtime.openAsks(threadId)
      const [a, b] = ['a', 'b'].map((what) => asks.find(({ args }) => (args as { what: string }).what === what))
      await (await runtime.resolveInput(a!.id, approve)).result
      const [parked] = await runtime.history(threadId)
      await (await runtime.resolveInput(b!.id, approve)).result
      const old = (await store.journal.threadsOf(threadId)).find(
        ({ agent, task }) => agent === 'tester' && task === 'a'
      )!
      const [gated] = await runtime.history(old.threadId, { node: 'gate' })
      touch.done.length = 0

      const alone = await runtime.resumeFrom({ ...gated!, accept: true })
      await alone.result
      await approveAll(runtime, alone.threadId)
      assert.deepEqual(touch.done, ['a'])
      assert.lengthOf((await runtime.getSnapshot(alone.threadId)).subtree, 1)

      const whole = await runtime.resumeFrom({ threadId, checkpointId: parked!.checkpointId, accept: true })
      await whole.result
      await approveAll(runtime, whole.threadId)
      assert.deepEqual(touch.done, ['a', 'b'], 'of the whole tree only b is left to do')
      const ran = nodesRun(await treeHistory(runtime, whole.threadId), (entry) => entry.threadId)
      const threads = await store.journal.threadsOf(whole.threadId)
      const tester = (task: string) =>
        threads.find((thread) => thread.agent === 'tester' && thread.task === task)!.threadId
      assert.isUndefined(ran[tester('a')], 'no node of the sibling')
      assert.deepEqual(ran[tester('b')], ['ask', 'act', 'settle', 'think'])
    })

    it('names a checkpoint of a child that is gone, and makes nothing', async () => {
      const runtime = agentRuntime({ store, agents: [ladder({ touch: effects() })] })
      const { threadId } = await runtime.startTurn({ agent: 'lead', input: 'a' })
      await approveAll(runtime, threadId)
      const [last] = await runtime.history(threadId)
      const coder = (await store.journal.threadsOf(threadId)).find(({ agent }) => agent === 'coder')!
      await store.saver.deleteThread(coder.threadId)
      const before = await store.journal.roots({ limit: 99 })
      const error = await refused(() => runtime.fork(last!), 'UNKNOWN_CHECKPOINT')
      assert.include(error.message, coder.threadId)
      assert.deepEqual(await store.journal.roots({ limit: 99 }), before)
    })

    it('begins a turn at once where the checkpoint is one at rest', async () => {
      const agent = defineAgent({ name: 'agent', model: playing((task) => `you said ${task}`) })
      const runtime = agentRuntime({ store, agents: [agent] })
      const { threadId } = await runtime.startTurn({ agent: 'agent', input: 'one' })
      const [last] = await runtime.history(threadId)
      const forked = await runtime.fork(last!)
      const { outcome } = await runtime.startTurn({ agent: 'agent', input: 'two', threadId: forked.threadId })
      assert.deepEqual(outcome, { status: 'completed', text: 'you said two' })
    })
  })

describe('an effect that was done behind the checkpoint of a fork', () => {
  let store: Store
  let runtime: AgentRuntime
  const touch = effects()
  beforeEach(async () => {
    store = await openStore('memory:')
    touch.done.length = 0
  })

  /** An agent that touches `a`, then `b`, and has every right to. */
  const toucher = (remit = [allow('touch')]) =>
    defineAgent({
      name: 'agent',
      tools: [touch],
      remit,
      model: playing([
        [{ name: 'touch', args: { what: 'a' } }],
        [{ name: 'touch', args: { what: 'b' } }],
        'both are touched'
      ])
    })

  /** At the checkpoint after `a` was touched. */
  async function afterA(agent = toucher()) {
    runtime = agentRuntime({ store, agents: [agent] })
    const { threadId } = await runtime.startTurn({ agent: 'agent', input: 'touch' })
    await approveAll(runtime, threadId)
    assert.deepEqual(touch.done, ['a', 'b'])
    touch.done.length = 0
    const entries = await runtime.history(threadId, { node: 'act' })
    return entries.at(-1)!
  }

  it('is shown as what would repeat, before the fork and in it', async () => {
    const place = await afterA()
    const shown = await runtime.wouldRepeat(place)
    assert.deepEqual(
      shown.map(({ tool, path, threadId, accepted }) => [tool, path, threadId, accepted]),
      [['touch', 'agent', place.threadId, false]]
    )
    const forked = await runtime.fork(place)
    assert.deepEqual(
      await runtime.repeats(forked.threadId),
      shown.map((repeat) => ({ ...repeat, rootThreadId: forked.threadId }))
    )
    assert.deepEqual(await runtime.repeats(place.threadId), [], 'the old branch repeats nothing')
    const [start] = (await runtime.history(place.threadId)).slice(-1)
    assert.lengthOf(await runtime.wouldRepeat(start!), 2)
  })

  it('asks although the remit allows it, says why, and is done once approved', async () => {
    const place = await afterA()
    const turn = await runtime.resumeFrom(place)
    assert.equal((await turn.result).outcome.status, 'asking')
    assert.deepEqual(touch.done, [])
    const [again] = await runtime.openAsks(turn.threadId)
    assert.deepEqual(again!.args, { what: 'b' })
    assert.equal(again!.doneBefore?.threadId, place.threadId)
    assert.include(again!.reason, 'done already')
    const { outcome } = await (await runtime.resolveInput(again!.id, approve)).result
    assert.equal(outcome.status, 'completed')
    assert.deepEqual(touch.done, ['b'])
  })

  it('is done without a question where whoever forks accepts it, all of it or call by call', async () => {
    const place = await afterA()
    assert.equal((await (await runtime.resumeFrom({ ...place, accept: true })).result).outcome.status, 'completed')
    const [repeat] = await runtime.wouldRepeat(place)
    const some = await runtime.resumeFrom({ ...place, accept: [repeat!.toolCallId] })
    assert.equal((await some.result).outcome.status, 'completed')
    const none = await runtime.resumeFrom({ ...place, accept: ['another call'] })
    assert.equal((await none.result).outcome.status, 'asking')
    assert.deepEqual(touch.done, ['b', 'b'])
  })

  it('asks again on a fork of the fork', async () => {
    const place = await afterA()
    const first = await runtime.fork(place)
    const [copied] = await runtime.history(first.threadId)
    const second = await runtime.resumeFrom(copied!)
    assert.equal((await second.result).outcome.status, 'asking')
    assert.deepEqual(touch.done, [])
  })

  it('asks also where a grant had allowed it on the old branch', async () => {
    const place = await afterA(toucher([ask('touch')]))
    const turn = await runtime.resumeFrom(place)
    assert.equal((await turn.result).outcome.status, 'asking')
  })

  it('is no repetition with other arguments, nor where it was done before the checkpoint', async () => {
    const place = await afterA()
    const forked = await runtime.fork(place)
    assert.deepEqual(
      (await runtime.repeats(forked.threadId)).length,
      1,
      'a was done before the checkpoint, and its result is known'
    )
    const [start] = (await runtime.history(place.threadId)).slice(-1)
    const other = defineAgent({
      name: 'agent',
      tools: [touch],
      remit: [allow('touch')],
      model: playing([[{ name: 'touch', args: { what: 'c' } }], 'done'])
    })
    const turn = await agentRuntime({ store, agents: [other] }).resumeFrom(start!)
    assert.equal((await turn.result).outcome.status, 'completed')
    assert.deepEqual(touch.done, ['c'])
  })

  it('climbs to the person past a parent whose rules would allow it', async () => {
    const answers = [allow('touch')]
    const lead = ladder({
      touch,
      lead: { remit: [allow('touch')], answers },
      coder: { remit: [allow('touch')], answers }
    })
    runtime = agentRuntime({ store, agents: [lead] })
    const { threadId, outcome } = await runtime.startTurn({ agent: 'lead', input: 'a' })
    assert.equal(outcome.status, 'completed', 'the rules allowed it')
    const start = (await runtime.history(threadId)).at(-1)!
    const turn = await runtime.resumeFrom(start)
    assert.equal((await turn.result).outcome.status, 'asking')
    assert.deepEqual(touch.done, ['a'])
    const [climbed] = await runtime.openAsks(turn.threadId)
    assert.equal(climbed!.path, 'lead/coder/tester')
    assert.isDefined(climbed!.doneBefore)
  })

  const allowing = { remit: [allow('touch')], answers: [allow('touch')] }
  for (const [who, rungs] of [
    ['rules of those above', { lead: allowing, coder: allowing }],
    ['a person', {}]
  ] as const)
    it(`is done at most once more, and not before a person has said so, at whatever step: ${who} had allowed it`, async () => {
      runtime = agentRuntime({ store, agents: [ladder({ touch, ...rungs })] })
      const { threadId } = await runtime.startTurn({ agent: 'lead', input: 'ab' })
      await approveAll(runtime, threadId)
      assert.sameMembers(touch.done, ['a', 'b'])
      for (const entry of await treeHistory(runtime, threadId)) {
        touch.done.length = 0
        const where = `from step ${entry.step} of ${entry.path}, before ${entry.next.join() || 'nothing'}`
        const left = (await runtime.wouldRepeat(entry)).length
        const turn = await runtime.resumeFrom(entry)
        await turn.result
        assert.deepEqual(touch.done, [], where)
        let asked = 0
        for (let asks = await runtime.openAsks(turn.threadId); asks.length > 0; ) {
          for (const { id, doneBefore } of asks) {
            assert.isDefined(doneBefore, where)
            const decision = asked++ === 0 ? ({ kind: 'reject', reason: 'not again' } as const) : approve
            await (await runtime.resolveInput(id, decision)).result
          }
          asks = await runtime.openAsks(turn.threadId)
        }
        assert.equal(asked, left, where)
        assert.lengthOf(touch.done, Math.max(0, left - 1), where)
        assert.equal((await runtime.getSnapshot(turn.threadId)).thread.status, 'completed', where)
      }
    })

  it('that was let through, and was on its way, can be edited, and an edit runs as it is', async () => {
    await afterA()
    const [thread] = await runtime.threads()
    const sent = (await runtime.history(thread!.threadId)).find(({ next }) => next.includes('act'))!
    const turn = await runtime.resumeFrom(sent)
    await turn.result
    const [again] = await runtime.openAsks(turn.threadId)
    const { result } = await runtime.resolveInput(again!.id, { kind: 'edit', args: { what: 'z' } })
    assert.equal((await result).outcome.status, 'completed')
    assert.deepEqual(touch.done, ['z'])
  })

  it('is not looked up any more once a grant of the new branch allows it', async () => {
    const twice = defineAgent({
      name: 'agent',
      tools: [touch],
      remit: [allow('touch')],
      model: playing([[{ name: 'touch', args: { what: 'a' } }], [{ name: 'touch', args: { what: 'a' } }], 'done'])
    })
    runtime = agentRuntime({ store, agents: [twice] })
    const { threadId } = await runtime.startTurn({ agent: 'agent', input: 'touch' })
    const start = (await runtime.history(threadId)).at(-1)!
    const turn = await runtime.resumeFrom(start)
    await turn.result
    const [again] = await runtime.openAsks(turn.threadId)
    const { outcome } = await (await runtime.resolveInput(again!.id, { kind: 'approve', scope: 'session' })).result
    assert.equal(outcome.status, 'completed')
    assert.deepEqual(touch.done, ['a', 'a', 'a', 'a'])
  })
})
