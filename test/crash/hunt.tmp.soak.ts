import { assert, it } from 'vitest'
import { postgresPlace } from '../support/stores.ts'
import { liveThrough } from './story.ts'

it('hunt', async () => {
  const bad: string[] = []
  for (let round = 0; round < 40; round++) {
    const step = 44 + (round % 14)
    await liveThrough({ seed: 3, makePlace: postgresPlace, crashes: [{ step, when: 'before' }] }).catch((e) =>
      bad.push(String(e))
    )
    if (round % 10 === 9) console.log(round, bad)
  }
  assert.deepEqual(bad, [])
}, 600_000)
