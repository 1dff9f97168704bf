import { assert, it } from 'vitest'
import { cancelledAfter } from './cancelled.ts'

const POINTS = 500

it('a tree of ten agents is at rest wherever it is cancelled, and answers its next message', async () => {
  const failures: unknown[] = []
  const events = await cancelledAfter({ event: Number.POSITIVE_INFINITY, seed: 1 })
  for (let nth = 0; nth < POINTS; nth++) {
    const point = { event: 1 + (nth % events), seed: 1 + nth }
    await cancelledAfter(point).catch((failure) => failures.push(failure))
  }
  console.log(`${POINTS} cancels over ${events} events: ${failures.length} failed`)
  assert.deepEqual(failures.map(String), [])
})
