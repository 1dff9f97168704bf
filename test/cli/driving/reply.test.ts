import { assert, describe, it } from 'vitest'
import { replyOf } from '../../../cli/driving/reply.ts'
import { asking, LEAD } from '../view/told.ts'

const permission = asking(LEAD)
const input = asking(LEAD, { kind: 'input' })

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

  it.each(['', 'yn', 'y and more', 'e {', 'e [1]', 's now', 'ok'])('%j decides nothing', (typed) => {
    assert.equal(replyOf(typed, permission).kind, 'problem')
  })

  it('a question is answered with the words themselves', () => {
    assert.deepEqual(replyOf('yellow like y', input), {
      kind: 'decision',
      decision: { kind: 'answer', value: 'yellow like y' }
    })
    assert.equal(replyOf(' ', input).kind, 'problem')
  })
})
