import fc from 'fast-check'
import { assert, describe, it } from 'vitest'
import { retryAfterOf } from '../../state/retry-after.ts'

const NOW = Date.parse('2026-03-01T12:00:00Z')
const asked = (value: string, name = 'retry-after') => retryAfterOf({ [name]: value }, { now: NOW })

describe('Retry-After', () => {
  for (const [value, ms] of [
    ['7', 7000],
    ['0', 0],
    ['1.5', 1500],
    [' 2 ', 2000],
    ['-5', 0],
    ['9'.repeat(400), Number.MAX_SAFE_INTEGER],
    ['86400', 86_400_000],
    ['Sun, 01 Mar 2026 12:00:30 GMT', 30_000],
    ['Sunday, 01-Mar-26 12:00:30 GMT', 30_000],
    ['Sun Mar  1 12:00:30 2026', 30_000],
    ['2026-03-01T12:00:30Z', 30_000],
    ['2026-03-01T13:00:30+01:00', 30_000],
    ['2026-03-01T12:00:30', undefined],
    ['Sun, 01 Mar 2026 11:59:00 GMT', 0],
    ['Sun, 31 Feb', undefined],
    ['NaN', undefined],
    ['Infinity', undefined],
    ['1e3', undefined],
    ['', undefined],
    ['soon', undefined],
    ['retry 5', undefined],
    ['5 minutes', undefined]
  ] as const)
    it(`"${value.slice(0, 40)}" is ${ms}`, () => assert.equal(asked(value), ms))

  it('in milliseconds is preferred, and passed over where it is no number', () => {
    assert.equal(retryAfterOf({ 'retry-after-ms': '120.5', 'retry-after': '7' }, { now: NOW }), 120.5)
    assert.equal(retryAfterOf({ 'retry-after-ms': 'NaN', 'retry-after': '7' }, { now: NOW }), 7000)
    assert.equal(asked('-1', 'retry-after-ms'), 0)
  })

  it('is found whoever holds the headers, and however they spell it', () => {
    assert.equal(retryAfterOf(new Headers({ 'Retry-After': '7' }), { now: NOW }), 7000)
    assert.equal(retryAfterOf(new Map([['retry-after', '7']]) as never, { now: NOW }), 7000)
    assert.equal(asked('7', 'Retry-After'), 7000)
    assert.equal(retryAfterOf({ 'retry-after': ['7'] }, { now: NOW }), 7000)
    assert.equal(retryAfterOf({ 'retry-after': 7 }, { now: NOW }), 7000)
    assert.isUndefined(retryAfterOf({}, { now: NOW }))
  })

  it('gives the date that it was given, to the second', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4_000_000_000 }), (seconds) => {
        assert.equal(asked(new Date(NOW + seconds * 1000).toUTCString()), seconds * 1000)
      })
    )
  })

  it('is never less than nothing, nor endless', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.double().map(String), fc.date({ noInvalidDate: true }).map(String)),
        (value) => {
          const ms = asked(value)
          assert.ok(ms === undefined || (ms >= 0 && Number.isFinite(ms)), `${value}: ${ms}`)
        }
      )
    )
  })
})
