import fc from 'fast-check'
import { assert, describe, it } from 'vitest'
import { pageText } from '../../../tools/web/page-text.ts'

describe('the text of a page', () => {
  it('is its words, a line for each block', () => {
    const page =
      '<title>T</title><SCRIPT>a < b</SCRIPT ><p>one <i>two</i><br>three</p><!-- <p>no</p> --><svg><p>x</p></svg>4 < 5 &gt; 3'
    assert.equal(pageText(page), 'T\none two\nthree\n4 < 5 > 3')
  })

  it('ends where something is not closed', () => {
    for (const open of ['<script>x', '<!-- x', '<p x', '<style>x</styles>'])
      assert.equal(pageText(`seen ${open}`), 'seen')
  })

  it('has the words that are in blocks, whatever stands between them', () => {
    const junk = fc.constantFrom('<', '<a', '</', '<!', '&#xd800;', '&', '<b>', '</i>', '<x-y z="1">', ' ')
    fc.assert(
      fc.property(fc.array(fc.oneof(junk, fc.string())), (parts) => {
        assert.include(pageText(`<p>first</p>${parts.join('')}`), 'first')
      })
    )
  })

  it('of a large page that opens everything and closes nothing is there at once', () => {
    for (const piece of ['<script', '<script>', '<a ', '<!--', '<', '&#'])
      assert.isString(pageText(piece.repeat(200_000)))
  })
})
