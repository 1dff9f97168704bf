import { describe, it, onTestFinished } from 'vitest'
import { DURABLE_STORES } from '../support/stores.ts'
import { LOSSES, lostATurn, TREES } from './late-writes.ts'

/** By some of which there were two histories, while a run ended before its graph did; `late-writes.soak.ts` has more. */
const SEEDS = {
  'one agent': { SQLite: [10, 16, 22, 56, 58, 77], Postgres: [1, 6, 16] },
  'a tree': { SQLite: [5, 51], Postgres: [7] },
  'a tree in a hurry': { SQLite: [51, 59], Postgres: [8] }
}

for (const [name, makePlace] of DURABLE_STORES) {
  describe(`a process that loses a turn and takes the thread on, on ${name}`, () => {
    for (const tree of TREES)
      for (const loss of LOSSES)
        it(`writes one history of ${tree}, having been ${loss}`, async () => {
          const place = await makePlace()
          onTestFinished(place.remove)
          for (const seed of SEEDS[tree][name]) await lostATurn(loss, { tree, seed, place })
        })
  })
}
