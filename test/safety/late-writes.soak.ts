import { assert, describe, it, onTestFinished } from 'vitest'
import { DURABLE_STORES } from '../support/stores.ts'
import { LOSSES, lostATurn } from './late-writes.ts'

const SEEDS = { SQLite: 1_000, Postgres: 300 }

for (const [name, makePlace] of DURABLE_STORES) {
  describe(`a process that loses a turn and takes the thread on, on ${name}`, () => {
    for (const loss of LOSSES)
      it(`writes one history, having been ${loss}, by each of ${SEEDS[name]} seeds`, async () => {
        const place = await makePlace()
        onTestFinished(place.remove)
        const failures: string[] = []
        for (let seed = 1; seed <= SEEDS[name]; seed++)
          await lostATurn(loss, { seed, place }).catch(({ message }) => failures.push(`${seed}: ${message}`))
        assert.deepEqual(failures, [])
      })
  })
}
