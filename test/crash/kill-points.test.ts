import { beforeAll, describe, it } from 'vitest'
import { postgresPlace, sqlitePlace } from '../support/stores.ts'
import { seeded } from './seeded.ts'
import { liveThrough } from './story.ts'

/** A sample; `kill-points.soak.ts` has them all. */
const SAMPLES = [
  { name: 'SQLite', makePlace: sqlitePlace, seed: 1, count: 20 },
  { name: 'SQLite', makePlace: sqlitePlace, seed: 2, count: 15 },
  { name: 'Postgres', makePlace: postgresPlace, seed: 3, count: 10 }
]

for (const { name, makePlace, seed, count } of SAMPLES) {
  describe(`a tree on ${name} whose process dies, seed ${seed}`, () => {
    const random = seeded(seed)
    let steps: number
    beforeAll(async () => {
      steps = (await liveThrough({ seed, makePlace, crashes: [] })).length
    })

    for (let nth = 1; nth <= count; nth++) {
      const place = (nth - 1 + random()) / count
      const when = random() < 0.5 ? 'before' : 'after'
      it(`is finished by the next one, each effect at most once: point ${nth} of ${count}`, async () => {
        const step = 1 + Math.floor(place * steps)
        await liveThrough({ seed, makePlace, crashes: [{ step, when }] })
      })
    }
  })
}
