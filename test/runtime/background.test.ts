import { afterEach, assert, beforeEach, describe, it } from 'vitest'
import { openStore } from '../../checkpointers/open.ts'
import type { Store } from '../../checkpointers/store.ts'
import { type AgentRuntime, agentRuntime } from '../../runtime/agent-runtime.ts'
import { isInterlude } from '../../state/accepted.ts'
import { allow, ask } from '../../state/remit.ts'
import { answersIn, isReport, leadOf, messagesOf, reportsTo, start, task } from '../support/background.ts'
import { collected } from '../support/collected.ts'
import { effects } from '../support/effects.ts'
import { type Held, held } from '../support/held.ts'
import { playing } from '../support/script.ts'
import { ALL_STORES, type StorePlace } from '../support/stores.ts'

const approve = { kind: 'approve', scope: 'once' } as const

for (const [name, makePlace] of ALL_STORES) {
  describe(`a background task on ${name}`, () => {
    let place: StorePlace
    let store: Store
    let hold: Held
    beforeEach(async () => {
      place = await makePlace()
      store = await openStore(place.url)
      hold = held()
    })
    afterEach(async () => {
      await store.close()
      await place.remove()
    })

    const runtimeOf = (moves: Parameters<typeof leadOf>[0]['moves'], init = {}) =>
      agentRuntime({ store, agents: [leadOf({ tools: [hold.tool], moves, ...init })] })

    /** Nothing is left to be told, and nothing to be done. */
    async function assertQuiet(runtime: AgentRuntime, threadId: string): Promise<void> {
      assert.deepEqual(await store.journal.letters(threadId), [])
      assert.deepEqual(await store.journal.unfinished(), [])
      assert.deepEqual(await runtime.openAsks(threadId), [])
    }

    it('outlives the turn that started it, and wakes its parent once when it has ended', async () => {
      const runtime = runtimeOf((input, results) =>
        isReport(input) ? 'so it is done' : results.length > 0 ? 'they are at it' : start('go', 'hold a')
      )
      const { threadId, outcome } = await runtime.startTurn({ agent: 'lead', input: 'go' })
      assert.deepEqual(outcome, { status: 'completed', text: 'they are at it' })
      assert.deepEqual(await answersIn(runtime, threadId), [
        { tasks: [{ id: 'go.1', agent: 'worker', status: 'running' }] }
      ])
      await hold.at('a')
      hold.release('a')
      await runtime.idle(threadId)
      const { ledger, values, subtree } = await runtime.getSnapshot(threadId)
      assert.deepInclude(ledger[0], { id: 'go.1', status: 'completed', result: 'hold a: held a', background: true })
      assert.deepEqual(await reportsTo(runtime, threadId), ['go.1'])
      assert.deepEqual(values.outcome, { status: 'completed', text: 'so it is done' })
      assert.deepEqual(
        subtree.map(({ thread }) => [thread.status, thread.background]),
        [
          ['completed', false],
          ['completed', true]
        ]
      )
      await assertQuiet(runtime, threadId)
    })

    it('goes on while its parent answers other messages, and is told once where the parent is busy', async () => {
      const runtime = runtimeOf((input, results) => {
        if (input === 'go') return results.length > 0 ? 'started' : start('go', 'hold a')
        if (input === 'other') return results.length > 0 ? 'held on' : [{ name: 'hold', args: { what: 'lead' } }]
        return isReport(input) ? 'too late' : `you said ${input}`
      })
      const { threadId } = await runtime.startTurn({ agent: 'lead', input: 'go' })
      const hello = await runtime.startTurn({ agent: 'lead', input: 'hello', threadId })
      assert.deepEqual(hello.outcome, { status: 'completed', text: 'you said hello' })
      const busy = runtime.startTurn({ agent: 'lead', input: 'other', threadId })
      await Promise.all([hold.at('lead'), hold.at('a')])
      hold.release('a')
      while ((await runtime.getSnapshot(threadId)).subtree[1]!.thread.status === 'running') await nextTick()
      hold.release('lead')
      assert.deepEqual((await busy).outcome, { status: 'completed', text: 'held on' })
      await runtime.idle(threadId)
      const messages = await messagesOf(runtime, threadId)
      assert.deepEqual(await reportsTo(runtime, threadId), ['go.1'])
      assert.equal(messages.at(-1)?.text, 'held on')
      assert.equal(messages.at(-2)?.additional_kwargs.report, 'go.1', 'before the next model call')
      await assertQuiet(runtime, threadId)
    })

    it('is waited for, all, any, or for a time; what a wait has told is not told again', async () => {
      const runtime = runtimeOf((input, results) => {
        if (input !== 'go') return 'nothing new'
        const moves = [
          start('go', 'hold a', 'hold b', 'hold c'),
          task({ op: 'wait', until: 'any' }),
          task({ op: 'wait', ids: ['go.2', 'go.1', 'nobody'], until: 'any' }),
          task({ op: 'wait', ids: ['go.3', 'go.1', 'nobody'], timeoutMs: 1 }),
          task({ op: 'wait' })
        ]
        return moves[results.length] ?? 'all there'
      })
      const turn = runtime.startTurn({ agent: 'lead', input: 'go' })
      await hold.at('b')
      hold.release('b')
      const threadId = (await store.journal.roots({ limit: 1 }))[0]!.threadId
      while ((await answersIn(runtime, threadId)).length < 4) await nextTick()
      hold.release('a', 'c')
      assert.deepEqual((await turn).outcome, { status: 'completed', text: 'all there' })
      const b = { id: 'go.2', agent: 'worker', status: 'completed', result: 'hold b: held b' }
      const atWork = (id: string) => ({ id, agent: 'worker', status: 'running' })
      const unknown = {
        id: 'nobody',
        error: { code: 'UNKNOWN_TASK', message: 'this agent has no task "nobody"; op "status" lists them' }
      }
      const [, any, again, late, all] = await answersIn(runtime, threadId)
      assert.deepEqual(any, { tasks: [atWork('go.1'), b, atWork('go.3')] })
      assert.deepEqual(again, { tasks: [b, atWork('go.1'), unknown] })
      assert.deepEqual(late, { tasks: [atWork('go.3'), atWork('go.1'), unknown], timedOut: true })
      assert.deepEqual(all, {
        tasks: [
          { ...atWork('go.1'), status: 'completed', result: 'hold a: held a' },
          { ...atWork('go.3'), status: 'completed', result: 'hold c: held c' }
        ]
      })
      await runtime.idle(threadId)
      assert.deepEqual(await reportsTo(runtime, threadId), [])
      await assertQuiet(runtime, threadId)
    })

    it('takes a message while it is at work, and goes on with its own history when it has ended', async () => {
      const seen: string[][] = []
      const moves = [
        start('go', 'hold a'),
        task({ op: 'send', id: 'go.1', text: 'mind the step' }),
        task({ op: 'wait' }),
        task({ op: 'send', id: 'go.1', text: 'and then?' }),
        task({ op: 'wait' }),
        task({ op: 'send', id: 'nobody', text: 'hello?' })
      ]
      const lead = leadOf({
        tools: [hold.tool],
        moves: async (_input, results) => {
          if (results.length === 1) await hold.at('a')
          if (results.length === 2) hold.release('a')
          return moves[results.length] ?? 'done'
        },
        worker: {
          model: playing((input, results, messages) => {
            seen.push(messages.filter((message) => !isInterlude(message)).map(({ text }) => text))
            return input === 'hold a' && results.length === 0
              ? [{ name: 'hold', args: { what: 'a' } }]
              : `heard ${input}`
          })
        }
      })
      const runtime = agentRuntime({ store, agents: [lead] })
      const { threadId } = await runtime.startTurn({ agent: 'lead', input: 'go' })
      assert.deepEqual(seen.at(-2), ['hold a', '', 'held a', 'mind the step'])
      assert.deepEqual(seen.at(-1), ['hold a', '', 'held a', 'mind the step', 'heard hold a', 'and then?'])
      const [, sent, first, again, second, nobody] = await answersIn(runtime, threadId)
      assert.deepEqual(sent, { tasks: [{ id: 'go.1', agent: 'worker', status: 'running' }] })
      assert.deepEqual(first, {
        tasks: [{ id: 'go.1', agent: 'worker', status: 'completed', result: 'heard hold a' }]
      })
      assert.deepEqual(again, sent)
      assert.deepEqual(second, {
        tasks: [{ id: 'go.1', agent: 'worker', status: 'completed', result: 'heard and then?' }]
      })
      assert.match(String(nobody), /^UNKNOWN_TASK: this agent has no task "nobody"/)
      await runtime.idle(threadId)
      await assertQuiet(runtime, threadId)
    })

    it('is cancelled, once, and takes no message any more; one that has ended stays as it is', async () => {
      const moves = [
        start('go', 'hold a', 'b'),
        task({ op: 'wait', ids: ['go.2'] }),
        task({ op: 'cancel', ids: ['go.1', 'go.2', 'nobody'], reason: 'enough' }),
        task({ op: 'cancel', ids: ['go.1'] }),
        task({ op: 'send', id: 'go.1', text: 'hello?' }),
        task({ op: 'status' })
      ]
      const runtime = runtimeOf((_input, results) => moves[results.length] ?? 'done')
      const { threadId } = await runtime.startTurn({ agent: 'lead', input: 'go' })
      const [, , cancelled, twice, sent, status] = await answersIn(runtime, threadId)
      const one = { id: 'go.1', agent: 'worker', status: 'cancelled' }
      const two = { id: 'go.2', agent: 'worker', status: 'completed' }
      assert.deepEqual((cancelled as { tasks: object[] }).tasks.slice(0, 2), [
        { ...one, reason: 'enough', prior_status: 'running' },
        { ...two, prior_status: 'completed' }
      ])
      assert.deepEqual(twice, { tasks: [{ ...one, prior_status: 'cancelled' }] })
      assert.match(String(sent), /^TASK_ENDED/)
      assert.deepEqual(status, {
        tasks: [
          { ...one, task: 'hold a' },
          { ...two, task: 'b' }
        ]
      })
      await runtime.idle(threadId)
      const { subtree } = await runtime.getSnapshot(threadId)
      assert.deepEqual(Object.fromEntries(subtree.slice(1).map(({ thread }) => [thread.taskId, thread.status])), {
        'go.1': 'cancelled',
        'go.2': 'completed'
      })
      assert.deepEqual(await reportsTo(runtime, threadId), [])
      await assertQuiet(runtime, threadId)
    })

    it('that asks while its parent is at rest is answered by a rule, or by the person, and goes on', async () => {
      const touch = effects()
      const leading = (answers: ReturnType<typeof allow>[]) =>
        leadOf({
          tools: [touch],
          moves: (input, results) =>
            isReport(input) ? 'told' : results.length > 0 ? 'started' : start('go', 'touch a'),
          lead: { answers },
          worker: { remit: [ask('touch')] }
        })
      for (const [rule, asked] of [
        [[allow('touch')], 0],
        [[], 1]
      ] as const) {
        touch.done.length = 0
        const runtime = agentRuntime({ store, agents: [leading([...rule])] })
        const { threadId, outcome } = await runtime.startTurn({ agent: 'lead', input: 'go' })
        assert.deepEqual(outcome, { status: 'completed', text: 'started' })
        await runtime.idle(threadId)
        const asks = await runtime.openAsks(threadId)
        assert.lengthOf(asks, asked)
        if (asks[0]) {
          assert.deepEqual(await store.journal.unfinished(), [], 'a tree that waits for a person is at rest')
          const hello = await runtime.startTurn({ agent: 'lead', input: 'go', threadId })
          assert.equal(hello.outcome.status, 'completed', 'the parent is free for messages')
          await runtime.idle(threadId)
          await runtime.resolveInput(asks[0].id, approve)
          for (const other of await runtime.openAsks(threadId)) await runtime.resolveInput(other.id, approve)
        }
        await runtime.idle(threadId)
        assert.lengthOf(touch.done, asked + 1)
        assert.lengthOf(await reportsTo(runtime, threadId), asked + 1)
        await assertQuiet(runtime, threadId)
      }
    })

    it('is stopped with its tree, and told as cancelled when somebody speaks to it again', async () => {
      const runtime = runtimeOf((input, results) =>
        input === 'go' ? (results.length > 0 ? 'started' : start('go', 'hold a', 'hold b')) : 'hello'
      )
      const { threadId } = await runtime.startTurn({ agent: 'lead', input: 'go' })
      await Promise.all([hold.at('a'), hold.at('b')])
      await runtime.cancelRun(threadId, 'enough')
      await runtime.idle(threadId)
      const { subtree } = await runtime.getSnapshot(threadId)
      assert.deepEqual(
        subtree.map(({ thread }) => thread.status),
        ['completed', 'cancelled', 'cancelled']
      )
      assert.deepEqual(await reportsTo(runtime, threadId), [])
      await runtime.startTurn({ agent: 'lead', input: 'hello', threadId })
      assert.deepEqual(await reportsTo(runtime, threadId), ['go.1', 'go.2'])
    })

    it('that a person cancels is reported to its parent at rest', async () => {
      const runtime = runtimeOf((input, results) =>
        isReport(input) ? 'pity' : results.length > 0 ? 'started' : start('go', 'hold a')
      )
      const { threadId } = await runtime.startTurn({ agent: 'lead', input: 'go' })
      await hold.at('a')
      const { subtree } = await runtime.getSnapshot(threadId)
      await runtime.cancelRun(subtree[1]!.thread.threadId, 'not this one')
      await runtime.idle(threadId)
      assert.deepEqual(await reportsTo(runtime, threadId), ['go.1'])
      assert.equal((await messagesOf(runtime, threadId)).at(-1)?.text, 'pity')
      await assertQuiet(runtime, threadId)
    })

    it('wakes its parent once where many have ended, and each is told once', async () => {
      const names = 'abcdefgh'.split('')
      const others = names.slice(1)
      let woken = 0
      const runtime = runtimeOf(async (input, results) => {
        if (!isReport(input))
          return results.length > 0 ? 'started' : start('go', ...names.map((each) => `hold ${each}`))
        if (++woken > 1) return 'all done'
        hold.release(...others)
        while ((await statuses()).filter((status) => status === 'completed').length < names.length) await nextTick()
        return 'one done'
      })
      const { threadId } = await runtime.startTurn({ agent: 'lead', input: 'go' })
      const statuses = async () =>
        (await store.journal.threadsOf(threadId)).filter(({ background }) => background).map(({ status }) => status)
      await Promise.all(names.map(hold.at))
      hold.release('a')
      await runtime.idle(threadId)
      assert.equal(woken, 2)
      const reports = await reportsTo(runtime, threadId)
      assert.equal(reports[0], 'go.1')
      assert.sameMembers(
        reports,
        names.map((_, at) => `go.${at + 1}`)
      )
      const events = await collected(runtime.events(threadId))
      for (const type of ['task.started', 'task.settled'])
        assert.lengthOf(
          events.filter((event) => event.type === type),
          names.length,
          type
        )
      await assertQuiet(runtime, threadId)
    })
  })
}

function nextTick(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 5))
}
