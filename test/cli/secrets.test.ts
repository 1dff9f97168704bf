import { assert, describe, it } from 'vitest'
import { redacted, redacting } from '../../cli/secrets.ts'

const redact = redacting(
  { OPENAI_API_KEY: 'sk-"quoted"-123', GITHUB_TOKEN: 'ghp_1234567', TOKEN: 'true', PATH: '/usr/bin' },
  ['postgres://me:p4ss@host/db']
)

describe('secrets', () => {
  it('of the environment are never shown', () => {
    assert.equal(redact('refused sk-"quoted"-123 and ghp_1234567'), 'refused *** and ***')
  })

  it('are found within JSON', () => {
    assert.deepEqual(redacted({ text: 'key sk-"quoted"-123' }, redact), { text: 'key ***' })
  })

  it('are also the passwords of stores', () => {
    assert.equal(redact('no login with p4ss'), 'no login with ***')
  })

  it('are not ordinary words and places', () => {
    assert.equal(redact('true /usr/bin'), 'true /usr/bin')
  })
})
