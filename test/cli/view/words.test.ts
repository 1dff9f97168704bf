import { assert, describe, it } from 'vitest'
import { count, duration } from '../../../cli/view/amounts.ts'
import { shortArgs, wholeArgs } from '../../../cli/view/args-text.ts'
import { eventLine } from '../../../cli/view/event-line.ts'
import { asking, LEAD, thinking, told } from './told.ts'

describe('words and numbers', () => {
  it.each([
    [0, '0s'],
    [59_999, '59s'],
    [185_000, '3m 05s'],
    [7_800_000, '2h 10m'],
    [500_000_000, '5d']
  ])('%i milliseconds read %s', (ms, text) => {
    assert.equal(duration(ms), text)
  })

  it.each([
    [950, '950'],
    [1234, '1.2k'],
    [9_960, '10k'],
    [999_900, '1.0M']
  ])('%i reads %s', (n, text) => {
    assert.equal(count(n), text)
  })

  it('an only argument stands alone, several have names', () => {
    assert.equal(shortArgs({ command: 'npm\ntest' }), 'npm ⏎ test')
    assert.equal(shortArgs({ path: 'a', depth: 2 }), 'path=a depth=2')
    assert.equal(shortArgs('a value'), 'a value')
  })

  it('arguments to decide on are shown whole', () => {
    const text = `${'x'.repeat(2000)}\nend`
    assert.deepEqual(wholeArgs({ path: 'a', text }), ['path: a', `text: ${'x'.repeat(2000)}`, '  end'])
  })

  it('the log has a line for what is worth one', () => {
    const [asked, silent] = told([LEAD, { type: 'ask.opened', toolCallId: 'c', ask: asking(LEAD) }], [LEAD, thinking])
    assert.equal(eventLine(asked!), 'lead: asks ask-lead-1: shell npm test')
    assert.isUndefined(eventLine(silent!))
  })
})
