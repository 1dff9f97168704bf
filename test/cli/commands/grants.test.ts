import { assert, describe, it } from 'vitest'
import { AGENTS, idAfter, type Place, place } from '../deputy.ts'

const WITH = ['--agents', AGENTS] as const

/** A clerk that was allowed to stamp `a`, by this answer. */
async function granted(...answer: string[]): Promise<Place & { ask: string; thread: string }> {
  const at = await place()
  const { stdout } = await at.deputy('run', ...WITH, '--agent', 'clerk', 'stamp a')
  const ask = idAfter('deputy answer', stdout)
  const { code, stderr } = await at.deputy('answer', ask, 'approve', ...answer, ...WITH)
  assert.equal(code, 0, stderr)
  return { ...at, ask, thread: idAfter('thread', stdout) }
}

describe.concurrent('grants', { timeout: 120_000 }, () => {
  it('of an empty store are none', async () => {
    const { deputy } = await place()
    assert.deepEqual(await deputy('grants'), { code: 0, stdout: 'nothing was granted\n', stderr: '' })
    assert.equal((await deputy('grants', '--json')).stdout, '[]\n')
  })

  it('are listed with whether they hold, whom they are for, and for which call', async () => {
    const { deputy, ask, thread } = await granted('--scope', 'session')
    const line = `${ask}  holds  clerk, for the session: stamp a\n`
    assert.deepEqual(await deputy('grants'), { code: 0, stdout: line, stderr: '' })
    await deputy('run', ...WITH, '--agent', 'clerk', 'say hello')
    assert.equal((await deputy('grants', thread.slice(0, 8))).stdout, line)
    const [shown] = JSON.parse((await deputy('grants', thread, '--json')).stdout) as Record<string, unknown>[]
    assert.deepInclude(shown, { id: ask, tool: 'stamp', args: { what: 'a' }, scope: 'session', expiresAt: null })
  })

  it('say when they end', async () => {
    const { deputy } = await granted('--scope', 'subtree', '--for', '7d')
    assert.match((await deputy('grants')).stdout, / {2}holds for 6d {2}clerk, for the subtree: stamp a\n$/)
  })

  it('are revoked from another process: the same call is asked about again', async () => {
    const { deputy, ask, thread, stamps } = await granted('--scope', 'session')
    const { code, stdout } = await deputy('revoke', ask.slice(0, 8))
    assert.deepEqual([code, stdout], [0, 'revoked: clerk is asked again before it calls stamp\n'])
    assert.match((await deputy('grants')).stdout, / {2}revoked \d+s ago {2}clerk/)
    assert.equal((await deputy('run', '--thread', thread, ...WITH, 'stamp a')).code, 3)
    assert.deepEqual(stamps(), ['a'])
    const again = await deputy('revoke', ask)
    assert.equal(again.code, 2)
    assert.match(again.stderr, /^deputy: GRANT_REVOKED: /)
  })
})
