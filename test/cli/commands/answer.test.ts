import { assert, describe, it } from 'vitest'
import { AGENTS, idAfter, type Place, place } from '../deputy.ts'

const WITH = ['--agents', AGENTS] as const

/** A process that asked, and has ended. */
async function asked(task: string, agent = 'lead'): Promise<Place & { asks: string[]; thread: string }> {
  const at = await place()
  const { code, stdout, stderr } = await at.deputy('run', ...WITH, '--agent', agent, task)
  assert.equal(code, 3, stderr)
  const asks = [...stdout.matchAll(/deputy answer (\S+) (?:approve|answer)/g)].map(([, id]) => id!)
  return { ...at, asks, thread: idAfter('thread', stdout) }
}

describe.concurrent('deputy answer, from another process', { timeout: 120_000 }, () => {
  it('approves, drives on, and waits for what is left', async () => {
    const { deputy, asks, stamps } = await asked('stamp a; stamp b')
    const first = await deputy('answer', asks[0]!, 'approve', ...WITH)
    assert.equal(first.code, 3, first.stderr)
    assert.lengthOf(stamps(), 1)
    const second = await deputy('answer', asks[1]!.slice(0, 6), 'approve', ...WITH)
    assert.equal(second.code, 0, second.stderr)
    assert.include(second.stdout, '\nall is done\n')
    assert.sameMembers(stamps(), ['a', 'b'])
  })

  it('calls with other arguments', async () => {
    const { deputy, asks, stamps } = await asked('stamp a', 'clerk')
    const { code } = await deputy('answer', asks[0]!, 'edit', '--args', '{"what":"b"}', ...WITH)
    assert.equal(code, 0)
    assert.deepEqual(stamps(), ['b'])
  })

  it('does not call with arguments that the remit forbids', async () => {
    const { deputy, asks, stamps } = await asked('stamp a', 'clerk')
    const { code, stderr } = await deputy('answer', asks[0]!, 'edit', '--args', '{"what":"forbidden"}', ...WITH)
    assert.equal(code, 2)
    assert.match(stderr, /^deputy: BAD_DECISION: /)
    assert.deepEqual(stamps(), [])
    assert.include((await deputy('asks')).stdout, asks[0]!)
  })

  it('rejects with words for the agent', async () => {
    const { deputy, asks, stamps, thread } = await asked('stamp a', 'clerk')
    const { code } = await deputy('answer', asks[0]!, 'reject', '--reason', 'not on a Sunday', ...WITH)
    assert.equal(code, 0)
    assert.deepEqual(stamps(), [])
    assert.include((await deputy('show', thread, ...WITH)).stdout, 'not on a Sunday')
  })

  it('approves for the session: the same call is not asked for again', async () => {
    const { deputy, asks, stamps, thread } = await asked('stamp a', 'clerk')
    assert.equal((await deputy('answer', asks[0]!, 'approve', '--scope', 'session', ...WITH)).code, 0)
    assert.equal((await deputy('run', '--thread', thread, ...WITH, 'stamp a')).code, 0)
    assert.deepEqual(stamps(), ['a', 'a'])
  })

  it('does not take a time for what is approved once', async () => {
    const { deputy, asks, stamps } = await asked('stamp a', 'clerk')
    const { code, stderr } = await deputy('answer', asks[0]!, 'approve', '--for', '2h', ...WITH)
    assert.equal(code, 2)
    assert.match(stderr, /^deputy: BAD_DECISION: /)
    assert.deepEqual(stamps(), [])
  })

  it('gives a graph the value that it waits for', async () => {
    const { deputy, asks } = await asked('a house', 'painter')
    const { code, stdout, stderr } = await deputy('answer', asks[0]!, 'answer', '--value', 'green', ...WITH)
    assert.equal(code, 0, stderr)
    assert.match(stdout, /^painted green\n/)
  })

  it('takes one answer: a second changes nothing', async () => {
    const { deputy, asks, stamps } = await asked('stamp a', 'clerk')
    await deputy('answer', asks[0]!, 'reject', ...WITH)
    const { code, stderr } = await deputy('answer', asks[0]!, 'approve', ...WITH)
    assert.equal(code, 2)
    assert.match(stderr, /^deputy: ASK_DECIDED: /)
    assert.deepEqual(stamps(), [])
  })

  it('shows what follows as JSON too', async () => {
    const { deputy, asks } = await asked('stamp a', 'clerk')
    const { code, stdout } = await deputy('answer', asks[0]!, 'approve', '--json', ...WITH)
    assert.equal(code, 0)
    const last = JSON.parse(stdout.trim().split('\n').at(-1)!) as { type: string; outcome: { status: string } }
    assert.deepEqual([last.type, last.outcome.status], ['result', 'completed'])
  })

  it('lists asks with the commands that answer them, of one tree or of all', async () => {
    const { deputy, asks, thread } = await asked('stamp a', 'clerk')
    await deputy('run', ...WITH, '--agent', 'clerk', 'stamp other')
    assert.include((await deputy('asks')).stdout, '2 asks wait for a decision')
    const { stdout } = await deputy('asks', thread.slice(0, 8))
    assert.include(stdout, `1 ask waits for a decision`)
    assert.include(stdout, `  deputy answer ${asks[0]} approve\n`)
    const json = JSON.parse((await deputy('asks', thread, '--json')).stdout) as { id: string; args: unknown }[]
    assert.deepEqual(
      json.map(({ id, args }) => [id, args]),
      [[asks[0], { what: 'a' }]]
    )
  })
})
