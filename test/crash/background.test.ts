import { beforeAll, describe, it } from 'vitest'
import { postgresPlace, sqlitePlace } from '../support/stores.ts'
import { leftAtWork } from './background.ts'
import { seeded } from './seeded.ts'

/** A sample; `background.soak.ts` has more. */
const SAMPLES = [
  { name: 'SQLite', makePlace: sqlitePlace, seed: 1, count: 12 },
  { name: 'Postgres', makePlace: postgresPlace, seed: 2, count: 4 }
]

for (const { name, makePlace, seed, count } of SAMPLES) {
  describe(`background tasks on ${name} whose process dies, seed ${seed}`, () => {
    const random = seeded(seed)
    let steps: number
    beforeAll(async () => {
      steps = (await leftAtWork({ seed, makePlace, crashes: [] })).length
    })

    for (let nth = 1; nth <= count; nth++) {
      const place = (nth - 1 + random()) / count
      const when = random() < 0.5 ? 'before' : 'after'
      it(`are told once each, and none runs twice: point ${nth} of ${count}`, async () => {
        await leftAtWork({ seed, makePlace, crashes: [{ step: 1 + Math.floor(place * steps), when }] })
      })
    }
  })
}
