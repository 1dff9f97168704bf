import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { codingTools, readingTools } from '../../../tools/coding/index.ts'

describe('the coding tools', () => {
  it('say what a repeated call does', () => {
    assert.deepEqual(Object.fromEntries(codingTools.map(({ name, effect }) => [name, effect])), {
      read: 'read',
      list: 'read',
      glob: 'read',
      search: 'read',
      write: 'idempotent',
      edit: 'idempotent',
      shell: 'once'
    })
  })

  it('that read are those without an effect', () => {
    assert.deepEqual(
      readingTools,
      codingTools.filter(({ effect }) => effect === 'read')
    )
  })

  it('give a command ten minutes, two of them unasked', () => {
    const shell = codingTools.find(({ name }) => name === 'shell')
    assert.equal(shell?.timeoutMs, 600_000)
    assert.deepEqual(shell?.parse({ command: 'x' }), {
      ok: true,
      args: { command: 'x', cwd: '.', timeout_ms: 120_000 }
    })
  })
})
