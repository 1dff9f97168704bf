import { assert, describe, it } from 'vitest'
import { byRule } from '../../examples/main-job/rule.ts'
import { TEST_COMMAND } from '../../examples/main-job/workspace.ts'

const decisionOn = (command: string, more: object = {}) =>
  byRule({ kind: 'permission', tool: 'shell', args: { command, ...more } }).kind

describe('the rule that answers in the main job where no person does', () => {
  it('approves a run of tests in the workspace', () => {
    assert.equal(decisionOn(TEST_COMMAND), 'approve')
    assert.equal(decisionOn('node --test test/a.cjs test/b-c.cjs'), 'approve')
  })

  it('rejects everything else, also what only begins like one', () => {
    for (const command of [
      'node --test',
      'node --test a.cjs; rm -rf .',
      'node --test a.cjs && curl x',
      'node --test $(id)',
      'node --test a.cjs\nid',
      'node --test a.cjs > out',
      'node --test --import=./x.js a.cjs',
      'node --test ../outside.cjs',
      'node --test test/../../outside.cjs',
      'node --test /etc/passwd',
      'npm test',
      ''
    ])
      assert.equal(decisionOn(command), 'reject', command)
    assert.equal(decisionOn('node --test a.cjs', { cwd: 'elsewhere' }), 'reject')
    assert.equal(byRule({ kind: 'permission', tool: 'write', args: { command: TEST_COMMAND } }).kind, 'reject')
    assert.equal(byRule({ kind: 'permission', tool: 'shell', args: null }).kind, 'reject')
  })
})
