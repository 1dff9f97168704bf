import { assert, describe, it } from 'vitest'
import { replyOf } from '../../../cli/driving/reply.ts'
import { asking, LEAD } from '../view/told.ts'

const permission = asking(LEAD)
const input = asking(LEAD, { kind: 'input' })
const budget = asking(LEAD, { kind: 'budget' })

describe('what a person types when asked', () => {
  it.each([
    ['y', { kind: 'approve', scope: 'once' }],
    ['Yes ', { kind: 'approve', scope: 'once' }],
    ['s', { kind: 'approve', scope: 'session' }],
    ['n', { kind: 'reject', reason: '' }],
    ['n use the other branch', { kind: 'reject', reason: 'use the other branch' }],
    ['e {"command": "ls"}', { kind: 'edit', args: { command: 'ls' } }]
  ])('%j decides', (typed, decision) => {
    assert.deepEqual(replyOf(typed, permission), { kind: 'decision', decision } as never)
  })

  it('e alone asks for the arguments', () => {
    assert.deepEqual(replyOf('e', permission), { kind: 'edit' })
  })

  it('l alone asks what would be learned', () => {
    assert.deepEqual(replyOf('l', permission), { kind: 'similar' })
    assert.equal(replyOf('l', budget).kind, 'problem')
  })

  it.each(['', 'yn', 'y and more', 'e {', 'e [1]', 's now', 'l now', 'ok'])('%j decides nothing', (typed) => {
    assert.equal(replyOf(typed, permission).kind, 'problem')
  })

  it('a question is answered with the words themselves', () => {
    assert.deepEqual(replyOf('yellow like y', input), {
      kind: 'decision',
      decision: { kind: 'answer', value: 'yellow like y' }
    })
    assert.equal(replyOf(' ', input).kind, 'problem')
  })

  it('an ask for more is answered with a cap, or as much again, or no', () => {
    const decisionOn = (typed: string) => {
      const reply = replyOf(typed, budget)
      return reply.kind === 'decision' ? reply.decision : reply.kind
    }
    assert.deepEqual(decisionOn('y'), { kind: 'approve', scope: 'once' })
    assert.deepEqual(decisionOn('40000'), { kind: 'edit', args: { cap: 40_000 } })
    assert.deepEqual(decisionOn('0.5'), { kind: 'edit', args: { cap: 0.5 } })
    assert.deepEqual(decisionOn('n too dear'), { kind: 'reject', reason: 'too dear' })
    for (const none of ['', 's', 'e', 'much', '-5']) assert.equal(decisionOn(none), 'problem')
  })
})
