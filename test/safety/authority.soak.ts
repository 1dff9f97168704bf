import { assert, it } from 'vitest'
import { lookedAtPairs } from './pairs-of-remits.ts'

it('the authority of a child is within that of its parent: all 361,201 pairs of remits, each with 6 calls, with and without a grant', () => {
  const { pairs, verdicts } = lookedAtPairs(() => true)
  assert.equal(pairs, 361_201)
  for (const count of verdicts) assert.isAbove(count, 100_000, 'each verdict is met')
})
