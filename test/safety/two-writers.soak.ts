// A quarter of an hour on two cores that have other work too. The short form is two-writers-sample.test.ts.
import { assert, describe, it, onTestFinished } from 'vitest'
import { sqlitePlace } from '../support/stores.ts'
import { CONNECTIONS, crowdedPlace } from './crowded-place.ts'
import { type Size, written } from './four-writers.ts'
import { freezeOne } from './frozen-writer.ts'

const ALL: Size = { processes: 4, threads: 50, each: 20, atOnce: 5 }
const WITH_FROZEN: Size = { processes: 4, threads: 50, each: 5, atOnce: 5, leaseMs: 3000 }

describe('four processes that write to fifty threads', { timeout: 2 * 60 * 60_000 }, () => {
  it('make one history of each thread out of 4,000 messages, on SQLite', async () => {
    const place = await sqlitePlace()
    onTestFinished(place.remove)
    tell('on SQLite', ALL, await written(ALL, { place }))
  })

  it('do so on a Postgres that lets twenty in', async () => {
    const place = await crowdedPlace()
    onTestFinished(place.remove)
    tell('on Postgres', ALL, await written(ALL, { place }))
    assert.isAtMost(place.most(), CONNECTIONS)
    console.log(`at most ${place.most()} connections`)
  })

  it('do so where one of them is frozen and wakes too late, on SQLite', async () => {
    const place = await sqlitePlace()
    onTestFinished(place.remove)
    tell('on SQLite, one frozen', WITH_FROZEN, await written(WITH_FROZEN, { place, meanwhile: freezeOne }))
  })

  it('do so where one of them is frozen and wakes too late, on a Postgres that lets twenty in', async () => {
    const place = await crowdedPlace({ writersFreeze: true })
    onTestFinished(place.remove)
    tell('on Postgres, one frozen', WITH_FROZEN, await written(WITH_FROZEN, { place, meanwhile: freezeOne }))
    assert.isAtMost(place.most(), CONNECTIONS)
  })
})

function tell(where: string, { processes, threads, each }: Size, tookMs: number): void {
  const count = processes * threads * each
  console.log(
    `${where}: ${count} messages in ${(tookMs / 1000).toFixed(0)} s, ${((count / tookMs) * 1000).toFixed(1)} a second`
  )
}
