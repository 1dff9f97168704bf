import { assert, describe, it, onTestFinished } from 'vitest'
import { sqlitePlace } from '../support/stores.ts'
import { CONNECTIONS, crowdedPlace } from './crowded-place.ts'
import { written } from './four-writers.ts'
import { freezeOne } from './frozen-writer.ts'

/** A sample; `two-writers.soak.ts` has all 4,000. */
const SIZE = { processes: 4, threads: 2, each: 4, atOnce: 2, leaseMs: 2000 }

describe('four processes that write to the same threads, one of which is frozen and wakes too late', () => {
  it('make one history of each thread, with every message and its own answer, on SQLite', async () => {
    const place = await sqlitePlace()
    onTestFinished(place.remove)
    await written(SIZE, { place, meanwhile: freezeOne })
  }, 120_000)

  it('do so on a Postgres that lets twenty in', async () => {
    const place = await crowdedPlace({ writersFreeze: true })
    onTestFinished(place.remove)
    await written(SIZE, { place, meanwhile: freezeOne })
    assert.isAtMost(place.most(), CONNECTIONS)
  }, 120_000)
})
