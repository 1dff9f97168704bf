import { createHash, createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { byteSeal } from '../../checkpointers/sharing/sealing.ts'
import { storeKey } from '../../checkpointers/store-key.ts'

const PLACE = '["thread",""] element 1 7'
const BODY = Buffer.from('what was said')
const key = storeKey('k'.repeat(43))
const plain = byteSeal({ key: undefined, cipher: undefined })
const keyed = byteSeal({ key, cipher: undefined })

const closedBySha = () =>
  Buffer.concat([Buffer.of(0), createHash('sha256').update(`${PLACE}\n`).update(BODY).digest().subarray(0, 16), BODY])

describe('what a seal without a key has closed', () => {
  it('opens at its place, for five bytes', () => {
    const sealed = plain.close(BODY, PLACE)
    expect(sealed.length).toBe(BODY.length + 5)
    expect(plain.open(sealed, PLACE)).toEqual(BODY)
  })

  it('opens nowhere else, and not where any byte of it is another', () => {
    const sealed = plain.close(BODY, PLACE)
    expect(() => plain.open(sealed, `${PLACE}1`)).toThrow('it was changed')
    for (let at = 0; at < sealed.length; at++) {
      const changed = Buffer.from(sealed)
      changed[at] = changed[at]! ^ 1
      expect(() => plain.open(changed, PLACE)).toThrow(/changed|key/)
    }
    for (let length = 0; length < sealed.length; length++)
      expect(() => plain.open(sealed.subarray(0, length), PLACE)).toThrow('it was changed')
  })

  it('opens as well where it was closed by SHA-256, as rows once were', () => {
    expect(plain.open(closedBySha(), PLACE)).toEqual(BODY)
    expect(() => plain.open(closedBySha(), `${PLACE}1`)).toThrow('it was changed')
  })

  it.each([
    ['now', plain.close(BODY, PLACE)],
    ['once', closedBySha()]
  ])('does not open with a key, as it is closed %s', (_when, sealed) => {
    expect(() => keyed.open(sealed, PLACE)).toThrow('it was written without the key of the store')
  })
})

it('closes with a key so that nobody without it can', () => {
  const sealed = keyed.close(BODY, PLACE)
  expect(keyed.open(sealed, PLACE)).toEqual(BODY)
  expect(() => plain.open(sealed, PLACE)).toThrow('it was written with a key')
  const forged = Buffer.concat([
    Buffer.of(1),
    createHmac('sha256', 'another').update(`${PLACE}\n`).update(BODY).digest().subarray(0, 16),
    BODY
  ])
  expect(() => keyed.open(forged, PLACE)).toThrow('written with another key')
})
