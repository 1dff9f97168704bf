// A sample; `valid-history.soak.ts` has 5,000 seeds.
import { describe, it } from 'vitest'
import { memoryPlace, sqlitePlace } from '../support/stores.ts'
import { emptyTally } from './happenings.ts'
import { lived } from './valid-history.ts'

const SAMPLES = [
  { name: 'in memory', makePlace: memoryPlace, first: 1, batches: 8, size: 5 },
  { name: 'on SQLite', makePlace: sqlitePlace, first: 501, batches: 2, size: 3 }
]

for (const { name, makePlace, first, batches, size } of SAMPLES)
  describe(`a tree of unruly agents ${name}`, () => {
    for (let batch = 0; batch < batches; batch++) {
      const seeds = Array.from({ length: size }, (_, nth) => first + batch * size + nth)
      it(`sends its models what every provider accepts, seeds ${seeds[0]} to ${seeds.at(-1)}`, async () => {
        for (const seed of seeds) await lived({ seed, makePlace, tally: emptyTally() })
      })
    }
  })
