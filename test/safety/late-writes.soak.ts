import { assert, describe, it, onTestFinished } from 'vitest'
import { DURABLE_STORES } from '../support/stores.ts'
import { LOSSES, lostATurn, TREES } from './late-writes.ts'

const SEEDS = {
  'one agent': { SQLite: 1_000, Postgres: 200 },
  'a tree': { SQLite: 200, Postgres: 50 },
  'a tree in a hurry': { SQLite: 200, Postgres: 50 }
}

for (const [name, makePlace] of DURABLE_STORES) {
  describe(`a process that loses a turn and takes the thread on, on ${name}`, () => {
    for (const tree of TREES)
      for (const loss of LOSSES) {
        const seeds = SEEDS[tree][name]
        it(`writes one history of ${tree}, having been ${loss}, by each of ${seeds} seeds`, async () => {
          const place = await makePlace()
          onTestFinished(place.remove)
          const failures: string[] = []
          for (let seed = 1; seed <= seeds; seed++)
            await lostATurn(loss, { tree, seed, place }).catch(({ message }) => failures.push(`${seed}: ${message}`))
          assert.deepEqual(failures, [])
        })
      }
  })
}
