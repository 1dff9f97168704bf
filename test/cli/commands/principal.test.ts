import { assert, describe, it } from 'vitest'
import { AGENTS, idAfter, place } from '../deputy.ts'

const CLERK = ['--agents', AGENTS, '--agent', 'clerk'] as const
const NOWHERE = '00000000-0000-4000-8000-000000000000'

describe.concurrent('a principal', { timeout: 120_000 }, () => {
  it('sees its own threads and asks, and finds no other by an id or by how one begins', async () => {
    const { deputy, stamps } = await place()
    const { stdout } = await deputy('run', ...CLERK, '--principal', 'ada', 'stamp a')
    const thread = idAfter('thread', stdout)
    const ask = idAfter('deputy answer', stdout)
    assert.match(stdout, /deputy answer [0-9a-f-]{36} approve --principal ada --agents/)
    assert.equal((await deputy('threads')).stdout, 'no threads in this store\n')
    assert.equal((await deputy('asks', '--principal', 'bob')).stdout, 'nothing waits for a decision\n')
    for (const [command, id, ...rest] of [
      ['show', thread],
      ['cancel', thread.slice(0, 8)],
      ['answer', ask, 'approve']
    ] as const) {
      const asBob = (given: string) => deputy(command, given, ...rest, '--principal', 'bob')
      const [foreign, unknown] = await Promise.all([asBob(id), asBob(NOWHERE)])
      assert.equal(foreign.code, 2)
      assert.equal(foreign.stderr.replaceAll(id, 'ID'), unknown.stderr.replaceAll(NOWHERE, 'ID'))
    }
    assert.deepEqual(stamps(), [])
    const own = await deputy('answer', ask, 'approve', '--agents', AGENTS, '--principal', 'ada')
    assert.equal(own.code, 0, own.stderr)
    assert.lengthOf(stamps(), 1)
  })

  it('is named by the environment, unless a flag names another', async () => {
    const { deputy } = await place({ DEPUTY_PRINCIPAL: 'ada' })
    const { stdout } = await deputy('run', ...CLERK, 'stamp a')
    const thread = idAfter('thread', stdout)
    assert.notInclude(stdout, '--principal')
    assert.include((await deputy('threads')).stdout, thread)
    assert.include((await deputy('threads', '--principal', 'ada')).stdout, thread)
    assert.equal((await deputy('threads', '--principal', 'bob')).stdout, 'no threads in this store\n')
  })
})
