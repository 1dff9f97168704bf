import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { keptOutput } from '../../../tools/coding/kept-output.ts'

describe('kept output', () => {
  it('is all that was said, and is passed on as it comes', () => {
    const passed: string[] = []
    const output = keptOutput({ max: 10, onText: (text) => passed.push(text) })
    output.add('one')
    output.add('two')
    assert.equal(output.text(), 'onetwo')
    assert.deepEqual(passed, ['one', 'two'])
  })

  it('ends at the bound, between characters, and says so', () => {
    const passed: string[] = []
    const output = keptOutput({ max: 4, onText: (text) => passed.push(text) })
    output.add('one')
    output.add('😀')
    output.add('x')
    assert.equal(output.text(), 'one\n[cut after 4 characters]')
    assert.deepEqual(passed, ['one'])
  })

  it('that just fits is not cut', () => {
    const output = keptOutput({ max: 3, onText: () => {} })
    output.add('one')
    output.add('')
    assert.equal(output.text(), 'one')
  })
})
