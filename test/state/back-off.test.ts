import fc from 'fast-check'
import { assert, describe, it } from 'vitest'
import { BackOff, delayBefore } from '../../state/back-off.ts'

const DEFAULT = BackOff.parse({})

const anyBackOff = fc.record({
  attempts: fc.integer({ min: 1, max: 100 }),
  firstMs: fc.nat(100_000),
  factor: fc.double({ min: 1, max: 10, noNaN: true }),
  capMs: fc.nat(1_000_000)
})
const anyChance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
const anyWish = fc.option(
  fc.oneof(fc.nat(2_000_000), fc.double({ min: 0, max: Number.MAX_SAFE_INTEGER, noNaN: true })),
  { nil: undefined }
)

describe('delayBefore', () => {
  it('waits twice as long each time, at least half of it', () => {
    const between = [2, 3, 4].map((attempt) => [
      delayBefore(attempt, { backOff: DEFAULT, chance: 0 }),
      delayBefore(attempt, { backOff: DEFAULT, chance: 1 - Number.EPSILON })
    ])
    assert.deepEqual(between, [
      [250, 500],
      [500, 1000],
      [1000, 2000]
    ])
  })

  it('does not wait before the first attempt, and has none after the last', () => {
    fc.assert(
      fc.property(anyBackOff, anyChance, anyWish, (backOff, chance, retryAfterMs) => {
        assert.equal(delayBefore(1, { backOff, chance, retryAfterMs }), 0)
        for (let attempt = 1; attempt <= backOff.attempts; attempt++)
          assert.isDefined(delayBefore(attempt, { backOff, chance, retryAfterMs }))
        assert.isUndefined(delayBefore(backOff.attempts + 1, { backOff, chance, retryAfterMs }))
      })
    )
  })

  it('is a whole number of milliseconds from what was asked for up to the cap', () => {
    fc.assert(
      fc.property(anyBackOff, fc.nat(), anyChance, anyWish, (backOff, place, chance, retryAfterMs) => {
        const delay = delayBefore(2 + (place % 99), { backOff: { ...backOff, attempts: 100 }, chance, retryAfterMs })!
        assert.ok(Number.isSafeInteger(delay), String(delay))
        assert.isAtLeast(delay, Math.min(backOff.capMs, retryAfterMs ?? 0))
        assert.isAtMost(delay, backOff.capMs)
      })
    )
  })

  it('waits the cap where more than the cap is asked for', () => {
    assert.equal(delayBefore(2, { backOff: DEFAULT, retryAfterMs: 3_600_000, chance: 0.3 }), 60_000)
  })

  it('never waits less before a later attempt, chance being equal', () => {
    fc.assert(
      fc.property(anyBackOff, anyChance, anyWish, (init, chance, retryAfterMs) => {
        const backOff = { ...init, attempts: 100 }
        for (let attempt = 2; attempt <= 100; attempt++)
          assert.isAtLeast(
            delayBefore(attempt, { backOff, chance, retryAfterMs })!,
            delayBefore(attempt - 1, { backOff, chance, retryAfterMs: attempt === 2 ? 0 : retryAfterMs })!
          )
      })
    )
  })

  it('spreads those who were all told the same', () => {
    const delays = [0, 0.25, 0.5, 0.75].map((chance) =>
      delayBefore(2, { backOff: DEFAULT, retryAfterMs: 7000, chance })
    )
    assert.deepEqual(delays, [7000, 7063, 7125, 7188])
  })

  it('can be told not to wait at all', () => {
    const backOff = BackOff.parse({ firstMs: 0, attempts: 100, factor: 10 })
    assert.equal(delayBefore(100, { backOff, chance: 0.9 }), 0)
  })
})
