import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { shellEnv } from '../../../tools/coding/shell-env.ts'

describe('the environment of a command', () => {
  it('has what tools need', () => {
    const usual = {
      PATH: '/bin',
      HOME: '/root',
      LANG: 'C',
      LC_ALL: 'C',
      TERM: 'xterm',
      TMPDIR: '/tmp',
      http_proxy: 'http://proxy:1'
    }
    assert.deepEqual(shellEnv({ ...usual, npm_config_cache: '/c' }), { ...usual, npm_config_cache: '/c' })
  })

  it('has nothing that nobody asked for', () => {
    assert.deepEqual(shellEnv({ DATABASE_URL: 'x', BASH_ENV: 'x', GIT_DIR: 'x', LD_PRELOAD: 'x' }), {})
  })

  it('has what was asked for by name', () => {
    assert.deepEqual(shellEnv({ RAILS_ENV: 'test', OTHER: 'x' }, ['RAILS_ENV']), { RAILS_ENV: 'test' })
  })

  it('has no secret, asked for or not', () => {
    const secrets = ['OPENAI_API_KEY', 'npm_config_//registry/:_authToken', 'DB_PASSWORD', 'my_secret', 'DEPUTY_STORE']
    assert.deepEqual(shellEnv(Object.fromEntries(secrets.map((name) => [name, 'x'])), secrets), {})
  })

  it('has no address with a password in it', () => {
    assert.deepEqual(
      shellEnv({ HTTPS_PROXY: 'http://me:secret@proxy:1', PIP_INDEX_URL: 'https://me:secret@host/' }),
      {}
    )
  })
})
