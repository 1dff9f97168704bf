import { afterEach, assert, beforeEach, describe, it } from 'vitest'
import { openStore } from '../../checkpointers/open.ts'
import type { Store } from '../../checkpointers/store.ts'
import { defineAgent } from '../../prebuilt/define-agent.ts'
import { type AgentRuntime, agentRuntime, type TurnResult } from '../../runtime/agent-runtime.ts'
import { allow, ask } from '../../state/remit.ts'
import { effects } from '../support/effects.ts'
import { refused } from '../support/refused.ts'
import { playing } from '../support/script.ts'
import { slowly } from '../support/slowly.ts'
import { DURABLE_STORES, type StorePlace } from '../support/stores.ts'

const approve = { kind: 'approve', scope: 'once' } as const

for (const [name, makePlace] of DURABLE_STORES) {
  describe(`a tree under control, on ${name}`, () => {
    let place: StorePlace
    let stores: Store[]
    beforeEach(async () => {
      place = await makePlace()
      stores = [await openStore(place.url), await openStore(place.url)]
    })
    afterEach(async () => {
      for (const store of stores) await store.close()
      await place.remove()
    })

    /** A lead with two workers that touch again and again, until the day is over. */
    function team() {
      const touch = effects()
      const day = { over: false }
      const workers = [0, 1].map((at) =>
        defineAgent({
          name: `worker${at}`,
          tools: [touch],
          remit: [allow('*')],
          limits: { steps: 100_000 },
          model: playing((_task, results) =>
            day.over ? `done ${at}` : [{ name: 'touch', args: { what: `t${at}-${results.length}` } }]
          )
        })
      )
      const calls = workers.map(({ charter }) => ({ name: 'delegate', args: { agent: charter.name, task: 'go' } }))
      const model = playing((_task, results) => (results.length > 0 ? results.join(', ') : calls))
      return { lead: defineAgent({ name: 'lead', delegates: workers, remit: [allow('*')], model }), day, touch }
    }

    for (const from of ['the same', 'another'] as const) {
      it(`pauses with the superstep it is in, told from ${from} process, and goes on when it is resumed`, async () => {
        const { lead, day, touch } = team()
        const runtime = agentRuntime({ store: stores[0]!, agents: [lead] })
        const other = agentRuntime({ store: stores[1]!, agents: [lead] })
        const turn = await runtime.startStreamingTurn({ agent: 'lead', input: 'go' })
        for await (const { type } of turn) if (type === 'tool.finished') break
        await (from === 'another' ? other : runtime).pause(turn.threadId, 'lunch')
        const before = touch.done.length
        assert.deepEqual((await turn.result).outcome, { status: 'paused', reason: 'lunch' })
        const { subtree } = await other.getSnapshot(turn.threadId)
        assert.deepEqual([...new Set(subtree.map(({ thread }) => thread.status))], ['paused'])
        assert.lengthOf(touch.done, before, 'nothing is begun once it is paused')
        day.over = true
        const resumed = await other.resume(turn.threadId)
        assert.deepEqual((await resumed.result).outcome, { status: 'completed', text: 'done 0, done 1' })
        assert.isAtMost(touch.done.length - before, 2, 'but for the calls that were decided on already')
      })
    }

    it('goes on asking while it is paused, and an answer goes on with it', async () => {
      const touch = effects()
      const agent = defineAgent({
        name: 'agent',
        tools: [touch],
        remit: [ask('touch')],
        model: playing([[{ name: 'touch', args: { what: 'a' } }], 'done'])
      })
      const runtime = agentRuntime({ store: stores[0]!, agents: [agent] })
      const { threadId } = await runtime.startTurn({ agent: 'agent', input: 'go' })
      await runtime.pause(threadId)
      const [open] = await runtime.openAsks(threadId)
      const { outcome } = await (await runtime.resolveInput(open!.id, approve)).result
      assert.equal(outcome.status, 'completed')
      assert.deepEqual(touch.done, ['a'])
    })

    it('wraps up: each agent at work gets one more model call, without tools, and what they ask is rejected', async () => {
      const touch = effects()
      const told: string[] = []
      const asker = defineAgent({
        name: 'asker',
        tools: [touch],
        remit: [ask('touch')],
        model: playing((_task, results, messages) => {
          if (results.length > 0) told.push(messages.at(-1)!.text)
          return results.length > 0
            ? [{ name: 'touch', args: { what: 'once more' } }]
            : [{ name: 'touch', args: { what: 'a' } }]
        })
      })
      const lead = defineAgent({
        name: 'lead',
        delegates: [asker],
        remit: [ask('touch')],
        model: playing((_task, results) =>
          results.length > 0 ? `so far: ${results[0]}` : [{ name: 'delegate', args: { agent: 'asker', task: 'go' } }]
        )
      })
      const runtime = agentRuntime({ store: stores[0]!, agents: [lead] })
      const { threadId, outcome } = await runtime.startTurn({ agent: 'lead', input: 'go' })
      assert.equal(outcome.status, 'asking')
      const fresh = agentRuntime({ store: stores[1]!, agents: [lead] })
      const wrapped = await (await fresh.wrapUp(threadId, 'the shop closes')).result
      assert.equal(wrapped.outcome.status, 'completed')
      assert.lengthOf(told, 1)
      assert.match(told[0]!, /End now with what you have(.|\n)*the shop closes/)
      assert.deepEqual(touch.done, [], 'a call of an agent that wraps up is not run')
      const again = await fresh.startTurn({ agent: 'lead', input: 'again', threadId })
      assert.equal(again.outcome.status, 'asking', 'the next turn is not wrapped up')
    })

    describe('a message to a thread that is busy', () => {
      let runtime: AgentRuntime
      let wait: ReturnType<typeof slowly>
      let threadId: string
      let first: Promise<TurnResult>
      const seen: string[] = []

      beforeEach(async () => {
        seen.length = 0
        wait = slowly()
        const agent = defineAgent({
          name: 'agent',
          tools: [wait.tool],
          remit: [allow('*')],
          model: playing((task, results) => {
            if (results.length === 0) seen.push(task)
            return task === 'first' && results.length === 0 ? [{ name: 'wait', args: { what: 'x' } }] : `${task}: done`
          })
        })
        runtime = agentRuntime({ store: stores[0]!, agents: [agent] })
        const turn = await runtime.startStreamingTurn({ agent: 'agent', input: 'first' })
        threadId = turn.threadId
        first = turn.result
        await wait.begun
      })
      const other = () =>
        agentRuntime({ store: stores[1]!, agents: [defineAgent({ name: 'agent', model: playing(['x']) })] })

      it('is refused where nothing else was asked for', async () => {
        await refused(() => runtime.startTurn({ agent: 'agent', input: 'second', threadId }), 'THREAD_BUSY')
        wait.release()
        await first
        assert.deepEqual(seen, ['first'])
      })

      it('is queued: each has its turn, in order, and its own result, whichever process took it on', async () => {
        const queue = (input: string, by = runtime) =>
          by.startTurn({ agent: 'agent', input, threadId, whenBusy: 'queue' })
        const second = queue('second')
        const third = second.then(() => queue('third', other()))
        await settledInbox(stores[0]!, threadId, 2)
        wait.release()
        assert.deepEqual((await first).outcome, { status: 'completed', text: 'first: done' })
        assert.deepEqual((await second).outcome, { status: 'completed', text: 'second: done' })
        assert.equal((await third).outcome.status, 'completed')
        assert.deepEqual(await stores[0]!.journal.letters(threadId), [])
      })

      it('replaces the turn before it: that one is cancelled, with what was queued behind it', async () => {
        const second = runtime.startTurn({ agent: 'agent', input: 'second', threadId, whenBusy: 'queue' })
        await settledInbox(stores[0]!, threadId, 2)
        const third = await runtime.startTurn({ agent: 'agent', input: 'third', threadId, whenBusy: 'replace' })
        assert.deepEqual((await first).outcome.status, 'cancelled')
        assert.deepEqual((await second).outcome.status, 'cancelled')
        assert.deepEqual(third.outcome, { status: 'completed', text: 'third: done' })
        assert.deepEqual(seen, ['first', 'third'])
      })

      it('is taken on by the next process where that of its sender dies', async () => {
        const letter = { id: 'left', rootThreadId: threadId, threadId, kind: 'queue', text: 'left', sentAt: 1 } as const
        await stores[0]!.journal.send(letter)
        wait.release()
        await first
        const [turn] = await runtime.recover()
        assert.deepEqual((await turn!.result).outcome, { status: 'completed', text: 'left: done' })
      })
    })

    it('queues a message behind an ask, which stays as it is; a message in its place withdraws it', async () => {
      const touch = effects()
      const agent = defineAgent({
        name: 'agent',
        tools: [touch],
        remit: [ask('touch')],
        model: playing((task, results) =>
          task === 'first' && results.length === 0 ? [{ name: 'touch', args: { what: 'a' } }] : `${task}: done`
        )
      })
      const runtime = agentRuntime({ store: stores[0]!, agents: [agent] })
      const start = async () => (await runtime.startTurn({ agent: 'agent', input: 'first' })).threadId
      const threadId = await start()
      const second = runtime.startTurn({ agent: 'agent', input: 'second', threadId, whenBusy: 'queue' })
      await settledInbox(stores[0]!, threadId, 1)
      const [open] = await runtime.openAsks(threadId)
      const answered = await (await runtime.resolveInput(open!.id, approve)).result
      assert.deepEqual(answered.outcome, { status: 'completed', text: 'first: done' })
      assert.deepEqual((await second).outcome, { status: 'completed', text: 'second: done' })
      assert.deepEqual(touch.done, ['a'])

      const asking = await start()
      const [another] = await runtime.openAsks(asking)
      const replaced = await runtime.startTurn({
        agent: 'agent',
        input: 'third',
        threadId: asking,
        whenBusy: 'replace'
      })
      assert.deepEqual(replaced.outcome, { status: 'completed', text: 'third: done' })
      await refused(() => runtime.resolveInput(another!.id, approve), 'ASK_STALE')
      assert.deepEqual(touch.done, ['a'])
    })
  })
}

/** Until so many messages wait to begin a turn. */
async function settledInbox({ journal }: Store, threadId: string, count: number): Promise<void> {
  while ((await journal.letters(threadId)).length < count) await new Promise(setImmediate)
}
