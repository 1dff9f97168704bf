// 1,000 turns with three children each over 350 days, pruned to seven while 20 runs are live. The short form is months.test.ts.
import { assert, it } from 'vitest'
import { DURABLE_STORES } from '../../support/stores.ts'
import { prunedToAWeek } from './months.ts'

const SIZE = { turns: 1000, days: 350, live: 20, long: 4, asking: 10, labelled: 3 }

for (const [name, makePlace] of DURABLE_STORES)
  it(`a thousand turns on ${name} are pruned to a week: nine rows of ten go, what is kept goes on`, async () => {
    const { before, after, resumed, answered, report } = await prunedToAWeek({ ...SIZE, makePlace })
    console.log(
      `on ${name}: ${before} rows, ${after} after, ${(100 * (1 - after / before)).toFixed(1)} % gone; ` +
        `${resumed} checkpoints resumed, ${answered} asks answered; ${JSON.stringify(report)}`
    )
    assert.isAtMost(after, before / 10)
  })
