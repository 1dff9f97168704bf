import { describe, it } from 'vitest'
import { cancelledAfter } from './cancelled.ts'
import { seeded, spread } from './seeded.ts'

const SEED = 11
/** Somewhat more than the tree has events: the last ones come when all is over. */
const EVENTS = 140

describe('a tree of ten agents that is cancelled', () => {
  for (const event of spread({ count: 30, last: EVENTS, random: seeded(SEED) }))
    it(`is at rest and answers its next message, after event ${event}`, async () => {
      await cancelledAfter({ event, seed: SEED })
    })
})
