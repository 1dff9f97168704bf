import fc from 'fast-check'
import { assert, describe, it } from 'vitest'
import type { Hunk } from '../../../tools/coding/patch-text.ts'
import { patched } from '../../../tools/coding/patched.ts'

const MARK = '\ufeff'
/** No two alike, so that every place is the one place. */
const lines = fc.uniqueArray(fc.stringMatching(/^[a-z ]{0,6}[a-z]$/), { maxLength: 12 })
const ending = fc.constantFrom('\n', '\r\n')

const kept = (texts: readonly string[]) => texts.map((text) => ({ kind: 'keep' as const, text }))
const taken = (texts: readonly string[]) => texts.map((text) => ({ kind: 'take' as const, text }))
const put = (texts: readonly string[]) => texts.map((text) => ({ kind: 'put' as const, text }))
const hunk = (lines: Hunk['lines'], more: Partial<Hunk> = {}): Hunk => ({ behind: [], lines, atEnd: false, ...more })

describe('a patched text', () => {
  it('has the new lines in the place of the old ones, and is otherwise as it was', () => {
    fc.assert(
      fc.property(
        fc.record({ all: lines, ending, marked: fc.boolean(), open: fc.boolean(), cut: fc.nat(12), length: fc.nat(4) }),
        fc.array(fc.stringMatching(/^[A-Z]{0,4}$/), { maxLength: 3 }),
        ({ all, marked, open, cut, length, ...given }, added) => {
          fc.pre(all.length > 0)
          // A text without a line ending does not say which one it would have.
          const ending = open && all.length === 1 ? '\n' : given.ending
          const at = Math.min(cut, all.length - 1)
          const [before, old, after] = [all.slice(0, at), all.slice(at, at + length), all.slice(at + length)]
          const around = { before: before.slice(-2), after: after.slice(0, 2) }
          fc.pre(around.before.length + old.length + around.after.length > 0)
          const written = (texts: readonly string[]) =>
            texts.length === 0 ? (marked ? MARK : '') : (marked ? MARK : '') + texts.join(ending) + (open ? '' : ending)
          const change = hunk([...kept(around.before), ...taken(old), ...put(added), ...kept(around.after)])
          const result = patched(written(all), { hunks: [change], mark: MARK })
          assert.deepEqual(result, { kind: 'patched', text: written([...before, ...added, ...after]) })
        }
      )
    )
  })

  it('keeps each line ending of a text that mixes them', () => {
    const change = hunk([...kept(['b']), ...put(['x', 'y']), ...kept(['c'])])
    assert.deepEqual(patched('a\nb\r\nc\r\nd\n', { hunks: [change] }), {
      kind: 'patched',
      text: 'a\nb\r\nx\r\ny\r\nc\r\nd\n'
    })
  })

  it('is changed in one place after the other', () => {
    const change = (from: string, to: string) => hunk([...taken([from]), ...put([to])])
    const both = [change('x', '1'), change('x', '2')]
    assert.deepEqual(patched('a\nx\n', { hunks: both }), { kind: 'missing', hunk: 1, line: 'x', after: 2 })
    assert.deepEqual(patched('x\nb\nx\n', { hunks: [hunk([...taken(['x']), ...kept(['b'])]), change('x', '2')] }), {
      kind: 'patched',
      text: 'b\n2\n'
    })
  })

  it('is not where the lines stand several times, and says where they do', () => {
    const text = 'f() {\n  go\n}\ng() {\n  go\n}\n'
    const change = hunk([...taken(['  go']), ...put(['  stop'])])
    assert.deepEqual(patched(text, { hunks: [change] }), { kind: 'ambiguous', hunk: 0, places: [2, 5] })
    const behind = { ...change, behind: ['g() {'] }
    assert.deepEqual(patched(text, { hunks: [behind] }), {
      kind: 'patched',
      text: 'f() {\n  go\n}\ng() {\n  stop\n}\n'
    })
    assert.deepEqual(patched(text, { hunks: [{ ...change, behind: ['h() {'] }] }), {
      kind: 'missing',
      hunk: 0,
      line: 'h() {',
      after: 0
    })
  })

  it('takes lines alone only where it is said where', () => {
    const alone = hunk(put(['z']))
    assert.deepEqual(patched('a\n', { hunks: [alone] }), { kind: 'placeless', hunk: 0 })
    assert.deepEqual(patched('a', { hunks: [{ ...alone, atEnd: true }] }), { kind: 'patched', text: 'a\nz' })
    assert.deepEqual(patched('a\nb\n', { hunks: [{ ...alone, behind: ['a'] }] }), {
      kind: 'patched',
      text: 'a\nz\nb\n'
    })
    assert.deepEqual(patched('', { hunks: [alone] }), { kind: 'patched', text: 'z\n' })
  })
})
