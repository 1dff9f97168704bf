import { emptyCheckpoint } from '@langchain/langgraph-checkpoint'
import { assert, describe, it } from 'vitest'
import { openStore } from '../../checkpointers/open.ts'
import { defineAgent } from '../../prebuilt/define-agent.ts'
import { agentRuntime } from '../../runtime/agent-runtime.ts'
import { runSaver } from '../../runtime/run-saver.ts'
import { allow } from '../../state/remit.ts'
import { playing } from '../support/script.ts'
import { slowly } from '../support/slowly.ts'

describe('the saver of a run', () => {
  it('writes and reads as the one that it writes to, until the run ends, and only reads from then on', async () => {
    const { saver: store } = await openStore('memory:')
    const { saver, end } = runSaver(store)
    const config = { configurable: { thread_id: 'a', checkpoint_ns: '' } }
    const kept = await saver.put(config, emptyCheckpoint(), { source: 'input', step: -1, parents: {} }, {})
    await saver.putWrites(kept, [['messages', 'x']], 'task')
    await end({ isStopped: false })

    const before = await store.getTuple(config)
    assert.deepEqual(await saver.getTuple(config), before)
    const late = await Promise.allSettled([
      saver.put(kept, emptyCheckpoint(), { source: 'loop', step: 0, parents: {} }, {}),
      saver.putWrites(kept, [['messages', 'y']], 'other')
    ])
    for (const attempt of late)
      assert.match(String(attempt.status === 'rejected' && attempt.reason), /the run of this graph is over/)
    assert.deepEqual(await store.getTuple(config), before)
  })

  it('ends when what was on its way is written, or could not be', async () => {
    const { saver: store } = await openStore('memory:')
    let settle = (_error?: Error) => {}
    store.put = (config) =>
      new Promise((resolve, reject) => {
        settle = (error) => (error ? reject(error) : resolve(config))
      })
    for (const error of [undefined, new Error('the disk is full')]) {
      const { saver, end } = runSaver(store)
      const put = saver.put({}, emptyCheckpoint(), { source: 'input', step: -1, parents: {} }, {}).catch(() => {})
      let hasEnded = false
      const ended = end({ isStopped: true }).then(() => {
        hasEnded = true
      })
      for (let turn = 0; turn < 10; turn++) await new Promise(setImmediate)
      assert.isFalse(hasEnded)
      settle(error)
      await Promise.all([put, ended])
    }
  })

  it('keeps what a cancelled turn has got to, where only the end of a turn is kept', async () => {
    const wait = slowly()
    const agent = defineAgent({
      name: 'agent',
      tools: [wait.tool],
      remit: [allow('wait')],
      model: playing([[{ name: 'wait', args: { what: 'x' } }], 'done'])
    })
    const store = await openStore('memory:')
    const runtime = agentRuntime({ store, agents: [agent], durability: 'exit' })
    const turn = await runtime.startStreamingTurn({ agent: 'agent', input: 'go' })
    await wait.begun
    await runtime.cancelRun(turn.threadId, 'enough')
    assert.equal((await turn.result).outcome.status, 'cancelled')
    const { values } = await runtime.getSnapshot(turn.threadId)
    const { messages } = values as { messages: { getType(): string }[] }
    assert.deepEqual(
      messages.map((message) => message.getType()),
      ['human', 'ai']
    )
  })
})
