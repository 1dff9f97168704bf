import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import { cutAt, cutLine } from '../../../tools/coding/cut.ts'

/** A half of a character is what no encoding takes. */
const isWhole = (text: string) => Buffer.from(text).toString() === text

const text = fc.string({ unit: fc.constantFrom('a', 'é', '😀'), maxLength: 40 })

describe('a cut text', () => {
  it('is the beginning, at most as long as wanted', () => {
    fc.assert(
      fc.property(text, fc.nat(45), (given, max) => {
        const cut = cutAt(given, max)
        assert.ok(given.startsWith(cut) && isWhole(cut))
        assert.ok(cut.length <= max && cut.length >= Math.min(given.length, max) - 1)
      })
    )
  })
})

describe('a cut line', () => {
  it('shows the place that matters, in whole characters', () => {
    const line = `${'-'.repeat(500)}here${'-'.repeat(500)}`
    const cut = cutLine(line, { max: 40, at: 500 })
    assert.equal(cut, `…${'-'.repeat(10)}here${'-'.repeat(26)}… [line of 1004 characters]`)
  })

  it('is never torn in the middle of a character', () => {
    fc.assert(fc.property(text, fc.nat(40), (line, at) => assert.ok(isWhole(cutLine(line, { max: 8, at })))))
  })

  it('is the line itself where it is short', () => {
    assert.equal(cutLine('short', { max: 5 }), 'short')
  })
})
