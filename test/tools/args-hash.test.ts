import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { argsHash } from '../../tools/args-hash.ts'

describe('argsHash', () => {
  it('is sha256 in hex of the canonical JSON', () => {
    expect(argsHash({})).toBe('44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a')
    expect(argsHash({ b: 1, a: 2 })).toMatch(/^[0-9a-f]{64}$/)
  })

  it('does not depend on the order of keys, however deep', () => {
    expect(argsHash({ a: 1, b: { c: [{ x: 1, y: 2 }], d: 3 } })).toBe(
      argsHash({ b: { d: 3, c: [{ y: 2, x: 1 }] }, a: 1 })
    )
  })

  it('depends on the order of a list', () => {
    expect(argsHash({ list: [1, 2] })).not.toBe(argsHash({ list: [2, 1] }))
  })

  it('tells a text from a number, nothing from null, and a key from its value', () => {
    const hashes = [{ a: '1' }, { a: 1 }, { a: null }, {}, { 1: 'a' }, { a: [] }, { a: {} }].map(argsHash)
    expect(new Set(hashes).size).toBe(hashes.length)
  })

  it('sees a key called __proto__', () => {
    expect(argsHash(JSON.parse('{"__proto__":{"a":1}}'))).not.toBe(argsHash({}))
  })

  it('has an answer for no arguments at all', () => {
    expect(argsHash(undefined)).toBe(argsHash(null))
  })

  it('is the same for the same JSON with its keys turned round', () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => argsHash(value) === argsHash(reversed(value))))
  })

  it('is another for other JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
        fc.pre(!isDeepStrictEqual(throughJson(a), throughJson(b)))
        return argsHash(a) !== argsHash(b)
      })
    )
  })
})

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, inner]) => [key, reversed(inner)])
  )
}

function throughJson(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value))
}
