import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { assert, describe, it } from 'vitest'
import { AGENTS, idAfter, place, until } from '../deputy.ts'

const WITH = ['--agents', AGENTS, '--agent', 'clerk'] as const

describe.concurrent('steer', { timeout: 120_000 }, () => {
  it('reaches an agent that is at work in another process', async () => {
    const { dir, deputy, start } = await place()
    const running = start('run', ...WITH, '--workspace', dir, 'wait go')
    await until(() => existsSync(join(dir, 'go.awaited')))
    const thread = idAfter('thread', running.stdout())
    assert.deepEqual(await deputy('steer', thread, 'say heard'), {
      code: 0,
      stdout: 'clerk reads it with its next model call\n',
      stderr: ''
    })
    writeFileSync(join(dir, 'go'), '')
    const { code, stdout } = await running.ended
    assert.equal(code, 0)
    assert.match(stdout, /\nheard\n/)
  })

  it('names a thread that it does not know', async () => {
    const { deputy } = await place()
    const { code, stderr } = await deputy('steer', '00000000', 'hello')
    assert.equal(code, 2)
    assert.match(stderr, /^deputy: UNKNOWN_THREAD: /)
  })
})
