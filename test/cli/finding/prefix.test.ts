import { assert, describe, it } from 'vitest'
import { idFrom } from '../../../cli/finding/prefix.ts'
import { RuntimeError } from '../../../state/errors.ts'

const about = { ids: ['abc', 'abd', 'ab', 'xyz'], noun: 'thread', unknown: 'UNKNOWN_THREAD' } as const

function refusal(given: string): RuntimeError {
  try {
    idFrom(given, about)
  } catch (error) {
    if (error instanceof RuntimeError) return error
  }
  throw new Error('it was not refused')
}

describe('an id', () => {
  it('is known by how it begins', () => {
    assert.equal(idFrom('x', about), 'xyz')
  })

  it('that is whole is meant itself, also where others begin with it', () => {
    assert.equal(idFrom('ab', about), 'ab')
  })

  it('that may be several is refused with the candidates', () => {
    const { code, message } = refusal('a')
    assert.equal(code, 'BAD_ARGUMENTS')
    for (const id of ['abc', 'abd', 'ab']) assert.include(message, id)
    assert.notInclude(message, 'xyz')
  })

  it('that nothing begins with is unknown, and so is an empty one', () => {
    assert.equal(refusal('q').code, 'UNKNOWN_THREAD')
    assert.equal(refusal('').code, 'UNKNOWN_THREAD')
  })
})
