import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, assert, beforeEach, describe, it } from 'vitest'
import { z } from 'zod'
import { openStore } from '../../../checkpointers/open.ts'
import type { Store } from '../../../checkpointers/store.ts'
import { record } from '../../../models/record.ts'
import { replay } from '../../../models/replay.ts'
import { defineAgent } from '../../../prebuilt/define-agent.ts'
import type { Agent } from '../../../runtime/agent.ts'
import { agentRuntime } from '../../../runtime/agent-runtime.ts'
import { allow, ask } from '../../../state/remit.ts'
import { tool } from '../../../tools/tool.ts'
import { effects } from '../../support/effects.ts'
import { refused } from '../../support/refused.ts'
import { playing } from '../../support/script.ts'
import { ALL_STORES, type StorePlace } from '../../support/stores.ts'
import { makeTempDir } from '../../support/temp-dir.ts'
import { approveAll } from '../../support/travel.ts'

type Model = ReturnType<typeof playing>

for (const [name, makePlace] of ALL_STORES)
  describe(`a replay of what was recorded on ${name}`, () => {
    let place: StorePlace
    let store: Store
    let dir: Awaited<ReturnType<typeof makeTempDir>>
    let reads = 0
    const touch = effects()
    const look = tool({
      name: 'look',
      description: 'Looks, and finds something else each time.',
      effect: 'read',
      args: z.object({}),
      run: async () => `look ${++reads}`
    })
    beforeEach(async () => {
      place = await makePlace()
      store = await openStore(place.url)
      dir = await makeTempDir()
      touch.done.length = 0
      reads = 0
    })
    afterEach(async () => {
      await store.close()
      await place.remove()
      await dir.remove()
    })

    /** The lead hands its task to a worker, who looks, touches what it was told to, and says what came of it. */
    function team(of: (model: Model) => Model): Agent {
      const worker = defineAgent({
        name: 'worker',
        tools: [touch, look],
        remit: [ask('touch'), allow('look')],
        model: of(
          playing((task, results) => {
            if (results.length === 0) return [{ name: 'look', args: {} }]
            if (results.length === 1) return [{ name: 'touch', args: { what: task } }]
            return results.join(', ')
          })
        )
      })
      return defineAgent({
        name: 'lead',
        tools: [touch],
        remit: [ask('touch'), allow('look')],
        delegates: [worker],
        model: of(playing((task, results) => results[0] ?? [{ name: 'delegate', args: { agent: 'worker', task } }]))
      })
    }
    const path = () => join(dir.path, 'run.jsonl')

    async function recorded(...inputs: string[]) {
      const runtime = agentRuntime({ store, agents: [team((model) => record(model, path()))] })
      let threadId: string | undefined
      for (const input of inputs) {
        const turn = await runtime.startTurn({ agent: 'lead', input, ...(threadId !== undefined && { threadId }) })
        threadId = turn.threadId
        await approveAll(runtime, threadId)
      }
      return { runtime, threadId: threadId! }
    }
    const offline = () => [team(() => replay(path()) as Model)]

    it('goes the same way with the recorded replies, and has no effect', async () => {
      const { runtime, threadId } = await recorded('a')
      const { same, divergence, outcome } = await runtime.replay({ threadId, agents: offline() })
      assert.isUndefined(divergence)
      assert.deepEqual(outcome, { status: 'completed', text: 'look 1, touched a' })
      assert.equal(same, 4 + 6, 'what was said to and by the lead, and to and by the worker')
      assert.deepEqual([touch.done, reads], [['a'], 1])
      assert.lengthOf(await runtime.threads(), 1, 'the copy is in memory')
    })

    it('goes through all turns, and from any checkpoint on', async () => {
      const { runtime, threadId } = await recorded('a', 'b')
      const whole = await runtime.replay({ threadId, agents: offline() })
      assert.isUndefined(whole.divergence)
      assert.equal(whole.same, 2 * (4 + 6))
      const history = await runtime.history(threadId)
      const begun = history.findIndex(({ nodes }) => nodes.includes('dispatch'))
      const late = await runtime.replay({ ...history[begun]!, agents: offline() })
      assert.isUndefined(late.divergence)
      assert.isBelow(late.same, whole.same)
      assert.deepEqual(touch.done, ['a', 'b'])
    })

    it('tells where another model first goes another way: the step, the node, what was expected and what came', async () => {
      const { runtime, threadId } = await recorded('a')
      const changed = offline()[0]!
      const other = defineAgent({
        name: 'worker',
        tools: [touch, look],
        remit: [ask('touch'), allow('look')],
        model: playing((_task, results) =>
          results.length === 0 ? [{ name: 'look', args: {} }] : 'I would rather not touch it'
        )
      })
      const { divergence } = await runtime.replay({
        threadId,
        agents: [{ ...changed, delegates: [other] }]
      })
      assert.equal(divergence?.path, 'lead/worker')
      assert.equal(divergence?.node, 'think')
      const first = (await runtime.history(divergence!.threadId, { node: 'think' })).at(-1)
      assert.equal(divergence?.checkpointId, first!.checkpointId, 'its call has another id than the recorded one')
      assert.include(divergence!.expected, '"look"')
      assert.deepEqual([touch.done, reads], [['a'], 1])
    })

    it('tells of a request that was not recorded in the words of the replay model', async () => {
      const { runtime, threadId } = await recorded('a')
      const empty = join(dir.path, 'other.jsonl')
      writeFileSync(empty, '')
      const { divergence, same } = await runtime.replay({ threadId, agents: [team(() => replay(empty) as Model)] })
      assert.equal(same, 1, 'the task')
      assert.equal(divergence?.path, 'lead')
      assert.match(divergence!.found, /^nothing: REPLAY_MISS: /)
    })
  })

describe('a replay', () => {
  it('is refused for a graph that runs its tools itself', async () => {
    const store = await openStore('memory:')
    const agent = defineAgent({ name: 'agent', model: playing(() => 'hello') })
    const runtime = agentRuntime({ store, agents: [agent] })
    const { threadId } = await runtime.startTurn({ agent: 'agent', input: 'hi' })
    const { context: _, ...foreign } = agent
    await refused(() => runtime.replay({ threadId, agents: [foreign] }), 'BAD_WORKER')
  })
})
