import { assert, describe, it } from 'vitest'
import { AGENTS, place } from '../deputy.ts'

const OVERSEER = ['--agents', AGENTS, '--agent', 'overseer'] as const

describe.concurrent('deputy, where tasks are left in the background', { timeout: 120_000 }, () => {
  it('waits for them, and ends with what was said of the last', async () => {
    const { deputy } = await place()
    const { code, stdout, stderr } = await deputy('run', ...OVERSEER, 'say one; say two')
    assert.equal(code, 0, stderr)
    assert.match(stdout, /\nheard 2\n\nthread [0-9a-f-]{36} {2}\d+ tok\n$/)
  })

  it('approves what they ask with --yes, also when the turn is over', async () => {
    const { deputy, stamps } = await place()
    const { code, stdout, stderr } = await deputy('run', ...OVERSEER, '--yes', 'stamp a; stamp b')
    assert.equal(code, 0, stderr)
    assert.sameMembers(stamps(), ['a', 'b'])
    assert.match(stdout, /\nheard 2\n/)
  })

  it('says what they ask where nobody can decide, and goes on with the answers', async () => {
    const { deputy, stamps } = await place()
    const { code, stdout } = await deputy('run', ...OVERSEER, 'stamp a; say two')
    assert.equal(code, 3)
    assert.match(stdout, /\nheard 1\n\n1 ask waits for a decision\n/)
    const [, askId] = /deputy answer ([0-9a-f-]{36}) approve/.exec(stdout)!

    const answered = await deputy('answer', askId!, 'approve', '--agents', AGENTS)
    assert.equal(answered.code, 0, answered.stderr)
    assert.deepEqual(stamps(), ['a'])
    assert.match(answered.stdout, /\nheard 2\n/)
  })
})
