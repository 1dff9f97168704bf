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

it('are told also where it dies between what the root wrote in its last turns and their checkpoints', async () => {
  const story = { seed: 11, makePlace: sqlitePlace }
  const names = await leftAtWork({ ...story, crashes: [] })
  const last = names.flatMap((name, at) => (at > names.length - 60 && name === 'journal.append' ? [at + 1] : []))
  for (const step of last) await leftAtWork({ ...story, crashes: [{ step, when: 'after' }] })
})
