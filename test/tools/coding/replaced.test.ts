import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import { replaced } from '../../../tools/coding/replaced.ts'

const one = (text: string, old: string, new_: string) => replaced(text, { old, new: new_, all: false })
const all = (text: string, old: string, new_: string) => replaced(text, { old, new: new_, all: true })
const textOf = (result: ReturnType<typeof replaced>) => (result.kind === 'replaced' ? result.text : result.kind)

describe('line endings', () => {
  it('a new line becomes what the text has there', () => {
    assert.equal(textOf(one('a\r\nb', 'a', 'a1\na2')), 'a1\r\na2\r\nb')
    assert.equal(textOf(one('a\r\nb', 'b', 'b1\nb2')), 'a\r\nb1\r\nb2')
    assert.equal(textOf(one('a', 'a', 'b\nc')), 'b\nc')
  })

  it('a mixed text keeps its mixture', () => {
    assert.equal(textOf(all('x\r\nx\n', 'x', 'y\nz')), 'y\r\nz\r\ny\nz\n')
    assert.equal(textOf(one('a\r\nb\nc\r\n', 'b\n', 'B\n')), 'a\r\nB\nc\r\n')
  })

  it('a match that begins with a line ending takes all of it', () => {
    assert.equal(textOf(one('a\r\nb', '\nb', '\nc')), 'a\r\nc')
  })

  it('who writes \\r is taken at his word', () => {
    assert.equal(textOf(one('a\r\nb', 'a\r\n', 'a\n')), 'a\nb')
    assert.equal(textOf(one('a\nb', 'a\r\n', 'x')), 'missing')
  })
})

describe('places', () => {
  it('that overlap are several', () => {
    assert.deepEqual(one('aaa', 'aa', 'b'), { kind: 'ambiguous', places: 2 })
  })

  it('that overlap are replaced from the left', () => {
    assert.equal(textOf(all('aaa', 'aa', 'b')), 'ba')
  })

  it('are found by the letter, not as a pattern', () => {
    assert.equal(textOf(one('a.c (x|y)* [z] \\d$ {1} ^', '.c (x|y)* [z] \\d$ {1} ^', '!')), 'a!')
  })
})

describe('the same replacement a second time', () => {
  it('doubles nothing', () => {
    assert.equal(textOf(one('(ab', 'a', '(a')), 'done')
    assert.equal(textOf(all('foobar foo', 'foo', 'foobar')), 'foobar foobar')
    assert.equal(textOf(one('a\r\nb\r\n', 'a\n', 'a\nb\n')), 'done')
  })

  it('changes nothing where the new text contains the old, whatever is around', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '\n', '\r\n'), maxLength: 12 })
    const part = fc.string({ unit: fc.constantFrom('a', 'b', '\n'), maxLength: 3 })
    fc.assert(
      fc.property(text, fc.tuple(part, part, part), (given, [before, old, after]) => {
        fc.pre(old !== '' && before + after !== '')
        const wanted = before + old + after
        const first = one(given, old, wanted)
        if (first.kind === 'replaced') assert.notEqual(one(first.text, old, wanted).kind, 'replaced')
      })
    )
  })
})

it('replaces as split and join do, where nothing stands already', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c', '\n'), maxLength: 20 })
  const old = fc.string({ unit: fc.constantFrom('a', 'b', 'c', '\n'), minLength: 1, maxLength: 3 })
  fc.assert(
    fc.property(text, old, (given, wanted) => {
      fc.pre(given.includes(wanted))
      assert.equal(textOf(all(given, wanted, 'X')), given.split(wanted).join('X'))
    })
  )
})
