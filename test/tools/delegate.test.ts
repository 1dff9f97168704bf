import { describe, expect, it } from 'vitest'
import { delegateSpec, delegationOf } from '../../tools/delegate.ts'

const coder = { name: 'coder', description: 'writes code' }
const tester = { name: 'tester', description: '' }

describe('delegateSpec', () => {
  it('lists the agents in words and as the only choice', () => {
    const spec = delegateSpec([coder, tester])
    expect(spec.name).toBe('delegate')
    expect(spec.description).toMatch(/\n- coder: writes code\n- tester$/)
    expect(spec.schema).toMatchObject({
      properties: { agent: { enum: ['coder', 'tester'] } },
      required: ['agent', 'task'],
      additionalProperties: false
    })
  })

  it('is the same however the agents were listed', () => {
    expect(delegateSpec([tester, coder])).toEqual(delegateSpec([coder, tester]))
  })
})

describe('delegationOf', () => {
  it('reads agent and task', () => {
    expect(delegationOf({ agent: 'coder', task: 'fix it' })).toEqual({ ok: true, agent: 'coder', task: 'fix it' })
  })

  it.each([
    [{ agent: 'coder' }, 'task'],
    [{ task: 'fix it' }, 'agent'],
    [{ agent: 'coder', task: ' \n ' }, 'Say what the agent shall do'],
    [{ agent: 7, task: 'fix it' }, 'agent'],
    [{}, 'agent'],
    [null, 'object'],
    ['coder', 'object']
  ])('answers %j with words that name what is wrong', (args, word) => {
    const result = delegationOf(args)
    expect(result).toMatchObject({ ok: false, error: expect.stringContaining(word) })
  })
})
