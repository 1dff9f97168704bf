import { assert, describe, it } from 'vitest'
import { count, duration } from '../../../cli/view/amounts.ts'
import { shortArgs, wholeArgs } from '../../../cli/view/args-text.ts'
import { eventLine } from '../../../cli/view/event-line.ts'
import type { Decider, Decision } from '../../../state/decisions.ts'
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

  it('an approval says how far it reaches and when it ends, and a grant to whom it was given', () => {
    const ask = asking(LEAD)
    const decided = (by: Decider, decision: Decision) =>
      eventLine(told([LEAD, { type: 'ask.decided', toolCallId: 'c', ask, decision, by }])[0]!)
    const grant = { kind: 'grant', path: 'lead', grantId: 'g' } as const
    const rule = { kind: 'rule', path: 'lead', reason: 'so it is' } as const
    assert.equal(decided(grant, { kind: 'approve', scope: 'once' }), 'lead: ask-lead-1 approved by the grant of lead')
    assert.equal(
      decided(rule, { kind: 'approve', scope: 'session', forMs: 7_200_000 }),
      'lead: ask-lead-1 approved for the session, 2h 00m at most by the rule of lead'
    )
  })

  it('the log has a line for what is worth one', () => {
    const [asked, silent] = told([LEAD, { type: 'ask.opened', toolCallId: 'c', ask: asking(LEAD) }], [LEAD, thinking])
    assert.equal(eventLine(asked!), 'lead: asks ask-lead-1: shell npm test')
    assert.isUndefined(eventLine(silent!))
  })
})
