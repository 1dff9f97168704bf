import { assert, describe, it } from 'vitest'
import { columnsOf, cropped, fitted, wrapped } from '../../../cli/view/columns.ts'

describe('columns', () => {
  it.each([
    ['plain', 5],
    ['変更', 4],
    ['é', 1],
    ['e\u0301', 1],
    ['👩‍👩‍👧', 2],
    ['🇩🇪', 2],
    ['├─ ● ✓', 6]
  ])('%s takes %i', (text, columns) => {
    assert.equal(columnsOf(text), columns)
  })

  it('crops without tearing a character that is two columns wide', () => {
    assert.equal(cropped('変更を', 4), '変…')
    assert.equal(cropped('変更', 4), '変更')
    assert.equal(cropped('anything', 0), '')
  })

  it('fits exactly', () => {
    assert.equal(fitted('ab', 4), 'ab  ')
    assert.equal(fitted('変更を', 4), '変… ')
  })

  it('wraps without losing anything', () => {
    assert.deepEqual(wrapped('abcdef\n\ngh', 4), ['abcd', 'ef', '', 'gh'])
    assert.deepEqual(wrapped('変更を', 4), ['変更', 'を'])
  })
})
