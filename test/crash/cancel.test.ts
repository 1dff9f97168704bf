import { assert, describe, it } from 'vitest'
import { finish } from '../support/processes.ts'
import type { Cancels } from './cancel-process.ts'
import { cancelledAfter } from './cancelled.ts'
import { seeded, spread } from './seeded.ts'

const SEED = 11
/** Somewhat more than the tree has events: the last ones come when all is over. */
const EVENTS = 140
const PROCESS = 'test/crash/cancel-process.ts'

describe('a tree of ten agents that is cancelled', () => {
  it('has ten agents, where it is cancelled at its end', async () => {
    const { agents } = await cancelledAfter({ event: Number.POSITIVE_INFINITY, seed: SEED })
    assert.equal(agents, 10)
  })

  for (const [nth, event] of spread({ count: 30, last: EVENTS, random: seeded(SEED) }).entries())
    it(`is at rest and answers its next message, after event ${event}`, async () => {
      await cancelledAfter({ event, seed: SEED + nth })
    })

  it('leaves nothing open in its process, which ends by itself, and no rejection that nobody heard', {
    timeout: 120_000
  }, async () => {
    const [line] = await finish(PROCESS, ['20', String(SEED)])
    const { failures, unhandled, agents } = JSON.parse(line!) as Cancels
    assert.deepEqual(failures, [])
    assert.deepEqual(unhandled, [])
    assert.equal(agents, 10)
  })
})
