// Takes about ten minutes: ten thousand turns of one thread on each database.
import { assert, describe, it, onTestFinished } from 'vitest'
import { longThread } from '../../bench/threads/long-thread.ts'
import { textOf } from '../../bench/workload.ts'
import { openStore } from '../../checkpointers/open.ts'
import { DURABLE_STORES } from '../support/stores.ts'

const TURNS = 10_000
const TEXT_BYTES = TURNS * 2 * textOf('').length
const thread = { configurable: { thread_id: 'long' } }

describe.each(DURABLE_STORES)('a thread of ten thousand turns on %s', (_, makePlace) => {
  it('runs to the end, is read by another process as it was left, and takes three times its text at most', async () => {
    const { url, remove } = await makePlace()
    onTestFinished(remove)
    const long = await longThread('deputy', { url, turns: 0 })
    const middle = { turns: TURNS / 2, checkpointId: '' }
    for (let turn = 1; turn <= TURNS; turn++) {
      await long.turn()
      if (turn === middle.turns) middle.checkpointId = await long.checkpointId()
    }
    await long.close()

    const { saver, close } = await openStore(url)
    onTestFinished(close)
    const messagesAt = async (checkpoint_id?: string) => {
      const tuple = await saver.getTuple({ configurable: { ...thread.configurable, checkpoint_ns: '', checkpoint_id } })
      return tuple!.checkpoint.channel_values.messages as { text: string }[]
    }
    const messages = await messagesAt()
    assert.lengthOf(messages, 2 * TURNS)
    for (let turn = 0; turn < TURNS; turn++) assert.equal(messages[2 * turn]!.text, textOf(`task ${turn}`))
    assert.deepEqual(await messagesAt(middle.checkpointId), messages.slice(0, 2 * middle.turns))
    const newest: number[] = []
    for await (const { checkpoint } of saver.list(thread, { limit: 100 }))
      newest.push((checkpoint.channel_values.messages as unknown[]).length)
    assert.deepEqual([newest.length, newest[0], newest.at(-1)], [100, 2 * TURNS, 2 * TURNS - 66])
    assert.isAtMost(await bytes(url), 3 * TEXT_BYTES)
  })
})

/** Of all that is kept, by a thread that has nothing more to say. */
async function bytes(url: string): Promise<number> {
  const long = await longThread('deputy', { url, turns: TURNS })
  const size = await long.bytes()
  await long.close()
  return size
}
