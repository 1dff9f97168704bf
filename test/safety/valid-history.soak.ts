// Ten to fifteen minutes on two cores. The short form, 46 seeds, is in valid-history.test.ts.
import { assert, it } from 'vitest'
import { memoryPlace, sqlitePlace } from '../support/stores.ts'
import { emptyTally, HAPPENINGS } from './happenings.ts'
import { lived } from './valid-history.ts'

const BATCHES = 20
const BATCH = 250
/** One of so many lives is on a file, which each process opens anew. */
const ON_FILE = 20

const tally = emptyTally()

for (let batch = 0; batch < BATCHES; batch++) {
  const first = 1 + batch * BATCH
  it(`the models of unruly trees are sent what every provider accepts, seeds ${first} to ${first + BATCH - 1}`, async () => {
    const failures: unknown[] = []
    for (let seed = first; seed < first + BATCH; seed++)
      await lived({ seed, makePlace: seed % ON_FILE === 0 ? sqlitePlace : memoryPlace, tally }).catch((failure) =>
        failures.push(failure)
      )
    assert.deepEqual(failures.map(String), [])
  })
}

it(`everything has happened to them, in ${BATCHES * BATCH} seeds`, () => {
  const counts = HAPPENINGS.map((happening) => `${tally[happening]} ${happening}`)
  console.log(`${BATCHES * BATCH} seeds:\n  ${counts.join('\n  ')}`)
  for (const happening of HAPPENINGS) assert.isAbove(tally[happening], 0, `${happening}: it never came to that`)
})
