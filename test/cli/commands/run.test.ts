import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { assert, describe, it } from 'vitest'
import { AGENTS, idAfter, place, until } from '../deputy.ts'

const LEAD = ['--agents', AGENTS, '--agent', 'lead'] as const
const CLERK = ['--agents', AGENTS, '--agent', 'clerk'] as const

describe.concurrent('deputy run', { timeout: 120_000 }, () => {
  it('says what happens line by line, then the result', async () => {
    const { deputy } = await place()
    const { code, stdout, stderr } = await deputy('run', ...LEAD, 'say one; say two')
    assert.equal(code, 0, stderr)
    assert.match(stdout, /^lead: started, thread [0-9a-f-]{36}\nlead: delegates to clerk: say one\n/)
    assert.match(stdout, /\nall is done\n\nthread [0-9a-f-]{36} {2}\d+ tok\n$/)
    assert.notInclude(stdout, '\u001b')
  })

  it('gives every event as JSON and the result last', async () => {
    const { deputy } = await place()
    const { code, stdout } = await deputy('run', ...LEAD, '--json', 'say one; say two')
    assert.equal(code, 0)
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string; seq?: number; outcome?: unknown })
    const result = lines.pop()!
    assert.deepInclude(result, { type: 'result', outcome: { status: 'completed', text: 'all is done' } })
    assert.deepEqual(
      lines.map(({ seq }) => seq),
      lines.map((_, at) => at + 1)
    )
    assert.includeMembers(
      lines.map(({ type }) => type),
      ['turn.started', 'task.started', 'task.settled', 'turn.finished']
    )
  })

  it('keeps the files of the workspace with each step, unless told not to', async () => {
    const ofFiles = ({ stdout }: { stdout: string }) =>
      stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as { type: string; changes?: unknown })
        .filter(({ type }) => type.startsWith('files.'))
        .map(({ type, changes }) => [type, changes])
    const { deputy } = await place()
    assert.deepEqual(ofFiles(await deputy('run', ...CLERK, '--yes', '--json', 'stamp a')), [
      ['files.kept', []],
      ['files.kept', [{ path: 'stamped.txt', kind: 'added' }]]
    ])
    const other = await place({ DEPUTY_SNAPSHOTS: 'off' })
    assert.deepEqual(ofFiles(await other.deputy('run', ...CLERK, '--yes', '--json', 'stamp a')), [])
  })

  it('leaves asks open where nobody can decide, and says how to answer each', async () => {
    const { deputy, stamps } = await place()
    const { code, stdout } = await deputy('run', ...LEAD, 'stamp a; stamp b; say three')
    assert.equal(code, 3)
    assert.include(stdout, '2 asks wait for a decision')
    assert.lengthOf(stdout.match(/^ {2}deputy answer [0-9a-f-]{36} approve --agents \S+agents\.js$/gm)!, 2)
    assert.deepEqual(stamps(), [])
  })

  it('approves every ask once with --yes, but not what a rule above answers or forbids', async () => {
    const { deputy, stamps } = await place()
    const { code, stdout } = await deputy('run', ...LEAD, '--yes', 'stamp a; stamp ruled out; stamp forbidden; stamp b')
    assert.equal(code, 0)
    assert.match(stdout, /^--yes: every ask is approved once, but none for more budget\n/)
    assert.sameMembers(stamps(), ['a', 'b'])
  })

  it('with --json says the rule of --yes beside the events', async () => {
    const { deputy } = await place()
    const { stdout, stderr } = await deputy('run', ...CLERK, '--yes', '--json', 'stamp a')
    assert.include(stderr, '--yes: every ask is approved once')
    for (const line of stdout.trim().split('\n')) JSON.parse(line)
  })

  it('answers an ask while others are still at work', async () => {
    const { dir, start, stamps } = await place()
    const { ended } = start('run', ...LEAD, '--yes', 'stamp a; wait go')
    await until(() => stamps().includes('a'))
    writeFileSync(join(dir, 'go'), '')
    assert.equal((await ended).code, 0)
  })

  it('fails with the failure on stderr and no stack trace', async () => {
    const { deputy } = await place()
    const { code, stderr } = await deputy('run', ...CLERK, 'fail no such luck')
    assert.equal(code, 1)
    assert.equal(stderr, 'deputy: MODEL_FAILED: no such luck\n')
  })

  it('gives a failure as JSON where that is asked for', async () => {
    const { deputy } = await place()
    const { code, stderr } = await deputy('run', ...CLERK, '--json', 'fail no such luck')
    assert.equal(code, 1)
    assert.deepEqual(JSON.parse(stderr), { error: { code: 'MODEL_FAILED', message: 'no such luck' } })
  })

  it('goes on with a thread that is named by how its id begins', async () => {
    const { deputy } = await place()
    const thread = idAfter('thread', (await deputy('run', ...CLERK, 'say one')).stdout)
    const { code, stdout, stderr } = await deputy('run', '--agents', AGENTS, '--thread', thread.slice(0, 8), 'say two')
    assert.equal(code, 0, stderr)
    assert.include(stdout, `thread ${thread}`)
    const { stdout: shown } = await deputy('show', thread, '--agents', AGENTS)
    assert.match(shown, /say one[\s\S]*say two/)
  })

  it('gives the prebuilt team the model that is named', async () => {
    const { dir, deputy } = await place()
    writeFileSync(join(dir, 'replies.json'), JSON.stringify(['nothing to do']))
    const { code, stdout } = await deputy('run', '--model', 'scripted:replies.json', 'look around')
    assert.equal(code, 0)
    assert.match(stdout, /^team: started/)
    assert.include(stdout, '\nnothing to do\n')
  })

  it('works in the directory that it is given', async () => {
    const { dir, deputy } = await place()
    mkdirSync(join(dir, 'inner'))
    await deputy('run', ...CLERK, '--workspace', 'inner', '--yes', 'stamp a')
    assert.deepEqual(readdirSync(join(dir, 'inner')), ['stamped.txt'])
  })

  it('asks for more where a budget is used up, also with --yes, and goes on with the new cap', async () => {
    const { deputy, stamps } = await place()
    const { code, stdout } = await deputy('run', ...CLERK, '--yes', '--budget', 'calls=2', 'stamp a then stamp b')
    assert.equal(code, 3)
    assert.deepEqual(stamps(), ['a', 'b'])
    assert.include(stdout, '\n? clerk asks for budget (budget)\n    limit: calls\n    cap: 2\n    used: 2\n')
    const [, ask] = /deputy answer (\S+) approve/.exec(stdout)!
    assert.include((await deputy('asks')).stdout, `deputy answer ${ask} edit --args '{"cap": N}'`)
    const low = await deputy('answer', ask!, 'edit', '--args', '{"cap": 1}', '--agents', AGENTS)
    assert.match(low.stderr, /^deputy: BAD_DECISION: the new cap is a number above 2/)
    const more = await deputy('answer', ask!, 'edit', '--args', '{"cap": 9}', '--agents', AGENTS)
    assert.equal(more.code, 0, more.stderr)
    const thread = idAfter('thread', more.stdout)
    const used = / (\d+) tok/.exec(more.stdout)![1]
    assert.include((await deputy('show', thread, '--agents', AGENTS)).stdout, `${used} tok`)
  })

  it('refuses a budget that is none before anything begins', async () => {
    const { deputy } = await place()
    for (const bad of ['tokens', 'tokens=0', 'tokens=1.5', 'token=5', 'usd=-1', 'calls=1,calls=2', 'tokens=9=9', '']) {
      const { code, stderr } = await deputy('run', ...CLERK, '--budget', bad, 'say one')
      assert.equal(code, 2, stderr)
    }
    const { code, stderr } = await deputy('run', ...CLERK, '--budget', 'usd=0.5', 'say one')
    assert.equal(code, 2)
    assert.match(stderr, /without one \(charter\.price\): clerk/)
    assert.include((await deputy('threads', '--json')).stdout, '[]')
  })
})
