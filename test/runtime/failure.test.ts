import { isToolMessage } from '@langchain/core/messages'
import { afterEach, assert, beforeEach, describe, it } from 'vitest'
import { openStore } from '../../checkpointers/open.ts'
import type { Store } from '../../checkpointers/store.ts'
import { scripted } from '../../models/scripted.ts'
import { defineAgent } from '../../prebuilt/define-agent.ts'
import type { Agent } from '../../runtime/agent.ts'
import { agentRuntime } from '../../runtime/agent-runtime.ts'
import type { AgentEvent } from '../../state/events.ts'
import { allow, ask } from '../../state/remit.ts'
import { effects } from '../support/effects.ts'
import { manualTime } from '../support/manual-time.ts'
import { playing } from '../support/script.ts'
import { slowly } from '../support/slowly.ts'
import { ALL_STORES, type StorePlace } from '../support/stores.ts'

const LONG_LEASE_MS = 1_000_000_000
const remit = [allow('*')]

for (const [name, makePlace] of ALL_STORES) {
  describe(`children that fail, on ${name}`, () => {
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

    /** Sends each delegate out once, and keeps what its model reads of them. */
    function leadOf(delegates: readonly Agent[], onFailure: 'go-on' | 'stop' = 'go-on') {
      const read: string[] = []
      const model = playing((_task, results) => {
        if (results.length === 0)
          return delegates.map(({ charter }) => ({ name: 'delegate', args: { agent: charter.name, task: 'go' } }))
        read.push(...results)
        return 'read'
      })
      return { lead: defineAgent({ name: 'lead', delegates, remit, onFailure, model }), read }
    }

    /** Says something and touches something, then fails for good. */
    function broken(before: () => Promise<unknown> = async () => {}) {
      const model = scripted(async (_messages, { turn }) => {
        if (turn === 0) return { text: 'half of it is done', calls: [{ name: 'touch', args: { what: 'half' } }] }
        await before()
        return { error: 'no such model' }
      })
      return defineAgent({ name: 'broken', tools: [effects()], remit, model })
    }

    const plain = (agent: string) => defineAgent({ name: agent, model: playing(['it is done']) })

    it('each comes to its own end: the parent reads results, and typed errors with what was done until then', async () => {
      const time = manualTime()
      const hang = slowly()
      const late = slowly()
      const touch = effects()
      const hung = defineAgent({
        name: 'hung',
        tools: [hang.tool],
        remit,
        limits: { idleMs: 1_000 },
        model: scripted((messages) =>
          messages.at(-1)!.text.includes('last reply')
            ? 'two of five files'
            : { text: 'I look', calls: [{ name: 'wait', args: { what: 'x' } }] }
        )
      })
      const stepping = scripted((_messages, { turn }) =>
        turn === 2 ? 'three of nine' : { text: `number ${turn}`, calls: [{ name: 'touch', args: { what: `${turn}` } }] }
      )
      const capped = defineAgent({ name: 'capped', tools: [touch], remit, limits: { steps: 2 }, model: stepping })
      const spending = scripted((_messages, { turn }) => ({
        ...(turn === 0 ? { calls: [{ name: 'touch', args: { what: 'dear' } }] } : { text: 'this much' }),
        usage: { input: 90, output: 10 }
      }))
      const dear = defineAgent({ name: 'dear', tools: [touch], remit, limits: { tokens: 100 }, model: spending })
      const slow = defineAgent({
        name: 'slow',
        tools: [late.tool],
        remit,
        model: playing([[{ name: 'wait', args: { what: 'x' } }], 'it came late'])
      })
      const { lead, read } = leadOf([plain('quick'), slow, broken(), hung, capped, dear])
      const runtime = agentRuntime({ store, agents: [lead], ...time, leaseMs: LONG_LEASE_MS })
      const turn = await runtime.startStreamingTurn({ agent: 'lead', input: 'go' })
      await Promise.all([hang.begun, late.begun])
      time.pass(1_001)
      let failures = 0
      for await (const event of turn) if (hasFailed(event) && ++failures === 4) late.release()
      assert.deepEqual((await turn.result).outcome, { status: 'completed', text: 'read' })

      assert.deepEqual(read, [
        'it is done',
        'it came late',
        'MODEL_FAILED: no such model\nWhat it had until then:\nhalf of it is done',
        'TIME_LIMIT: there was no sign of life for 1000 ms (limits.idleMs)\nWhat it had until then:\ntwo of five files',
        'STEP_LIMIT: the turn took 2 model calls, the limit of this agent (limits.steps)\nWhat it had until then:\nthree of nine',
        'BUDGET_EXCEEDED: the turn used 100 tokens, the limit of this agent (limits.tokens)\nWhat it had until then:\nthis much'
      ])
      assert.deepEqual(touch.done.sort(), ['0', '1', 'dear'], 'the last reply calls nothing')
      const { ledger } = await runtime.getSnapshot(turn.threadId)
      assert.deepEqual(
        ledger.flatMap((task) => (task.status === 'failed' ? [[task.error.code, task.error.partial]] : [])).sort(),
        [
          ['BUDGET_EXCEEDED', 'this much'],
          ['MODEL_FAILED', 'half of it is done'],
          ['STEP_LIMIT', 'three of nine'],
          ['TIME_LIMIT', 'two of five files']
        ]
      )
    })

    it('stop the others where the charter says so: these are cancelled, with what they ask, after the failure', async () => {
      const hold = slowly()
      const work = slowly()
      const touch = effects()
      const working = defineAgent({
        name: 'working',
        tools: [work.tool],
        remit,
        model: playing([[{ name: 'wait', args: { what: 'x' } }], 'never'])
      })
      const asking = defineAgent({
        name: 'asking',
        tools: [touch],
        remit: [ask('touch')],
        model: playing([[{ name: 'touch', args: { what: 'x' } }], 'never'])
      })
      const until = () => hold.tool.run({}, { signal: new AbortController().signal })
      const { lead, read } = leadOf([working, asking, broken(until), plain('quick')], 'stop')
      const runtime = agentRuntime({ store, agents: [lead] })
      const turn = await runtime.startStreamingTurn({ agent: 'lead', input: 'go' })
      const events: AgentEvent[] = []
      const others = new Set<string>()
      for await (const event of turn) {
        events.push(event)
        if (event.type === 'ask.opened' || (event.type === 'tool.started' && event.tool === 'wait'))
          others.add(event.path)
        if (event.type === 'turn.finished') others.add(event.path)
        if (others.size === 3) hold.release()
      }
      assert.deepEqual((await turn.result).outcome, { status: 'completed', text: 'read' })
      assert.deepEqual(read, [
        'RUN_CANCELLED: another task, lead/broken, failed',
        'RUN_CANCELLED: another task, lead/broken, failed',
        'MODEL_FAILED: no such model\nWhat it had until then:\nhalf of it is done',
        'it is done'
      ])
      const settled = events.flatMap((event) => (event.type === 'task.settled' ? [event.agent] : []))
      assert.isBelow(settled.indexOf('broken'), settled.indexOf('working'))
      assert.isBelow(settled.indexOf('broken'), settled.indexOf('asking'))
      assert.deepEqual(await runtime.openAsks(), [])
      assert.deepEqual(touch.done, [])
      const { values } = await runtime.getSnapshot(turn.threadId)
      const results = (values as { messages: Parameters<typeof isToolMessage>[0][] }).messages.filter(isToolMessage)
      assert.lengthOf(results, 4, 'each call has one result')
    })
  })
}

function hasFailed(event: AgentEvent): boolean {
  return event.type === 'turn.finished' && event.outcome.status === 'failed'
}
