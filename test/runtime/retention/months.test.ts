import { assert, it } from 'vitest'
import { DURABLE_STORES } from '../../support/stores.ts'
import { prunedToAWeek } from './months.ts'

/** A sample; `months.soak.ts` has all 1,000 turns. */
const SIZE = { turns: 40, days: 280, live: 3, long: 2, asking: 2, labelled: 1 }

for (const [name, makePlace] of DURABLE_STORES)
  it(`forty turns on ${name} are pruned to a week while runs are live, and what is kept goes on`, async () => {
    const { before, after, resumed, answered } = await prunedToAWeek({ ...SIZE, makePlace })
    assert.isBelow(after, before / 2)
    assert.isAbove(resumed, 20)
    assert.equal(answered, SIZE.asking)
  }, 120_000)
