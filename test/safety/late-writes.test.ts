import { describe, it, onTestFinished } from 'vitest'
import { DURABLE_STORES } from '../support/stores.ts'
import { LOSSES, lostATurn } from './late-writes.ts'

/** By some of which there were two histories, while a run ended before its graph did; `late-writes.soak.ts` has more. */
const SEEDS = { SQLite: [10, 11, 16, 22, 38, 56, 58, 76, 77, 85, 89, 92], Postgres: [1, 6, 11, 14, 16, 25] }

for (const [name, makePlace] of DURABLE_STORES) {
  describe(`a process that loses a turn and takes the thread on, on ${name}`, () => {
    for (const loss of LOSSES)
      it(`writes one history, having been ${loss}`, async () => {
        const place = await makePlace()
        onTestFinished(place.remove)
        for (const seed of SEEDS[name]) await lostATurn(loss, { seed, place })
      })
  })
}
