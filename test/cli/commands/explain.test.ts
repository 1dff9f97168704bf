import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { assert, describe, it } from 'vitest'
import { AGENTS, idAfter, place } from '../deputy.ts'

const PREBUILT = ['--model', 'openai:gpt-5-mini'] as const

async function placeWith(files: { own?: string; project?: string }) {
  const at = await place()
  const write = (directory: string, text: string | undefined) => {
    if (text === undefined) return
    mkdirSync(join(at.dir, directory), { recursive: true })
    writeFileSync(join(at.dir, directory, 'policy'), text)
  }
  write('.config/deputy', files.own)
  write('.deputy', files.project)
  return { ...at, explain: (...words: string[]) => at.deputy('explain', ...words, ...PREBUILT) }
}

describe.concurrent('explain', { timeout: 120_000 }, () => {
  it('says which rule decides, where it stands, and what every command gets', async () => {
    const { explain, dir } = await placeWith({
      own: 'allow shell command "git *"',
      project: '\ndeny shell command "git push *"'
    })
    const { code, stdout, stderr } = await explain('shell', 'git status && git push', '--agent', 'team/coder')
    assert.deepEqual([code, stderr], [1, ''])
    const [global, project] = [join(dir, '.config/deputy/policy:1'), join(dir, '.deputy/policy:2')]
    const [allowed, denied] = [
      `allow, rule: allow shell where command is "git *", global policy, ${global}`,
      `deny, rule: deny shell where command is "git push *", project policy, ${project}`
    ]
    assert.deepEqual(stdout.trimEnd().split('\n'), [
      `deny: git push: ${denied.slice('deny, '.length)}`,
      '  allow  git status',
      `    team/coder: ${allowed}`,
      `    team: ${allowed}`,
      '  deny  git push',
      `    team/coder: ${denied}`,
      `    team: ${denied}`
    ])
  })

  it('takes arguments as JSON, and answers in JSON', async () => {
    const { explain } = await placeWith({})
    const { code, stdout } = await explain('shell', '{"command": "ls"}', '--agent', 'agent', '--json')
    assert.equal(code, 3)
    assert.deepInclude(JSON.parse(stdout), {
      path: 'agent',
      tool: 'shell',
      judgement: { kind: 'ask', reason: 'rule: ask shell' }
    })
  })

  it('knows profiles, and rules of this one time', async () => {
    const { explain } = await placeWith({})
    assert.equal((await explain('read', 'a', '--agent', 'agent', '--profile', 'plan')).code, 0)
    const edit = ['write', '{"path": "a", "content": ""}', '--agent', 'team/coder'] as const
    assert.equal((await explain(...edit)).code, 0)
    assert.match((await explain(...edit, '--profile', 'plan')).stdout, /^deny: this is plan mode/)
    assert.match(
      (await explain(...edit, '--rule', 'deny write')).stdout,
      /^deny: rule: deny write, session policy, --rule:1\n/
    )
    assert.match(
      (await explain(...edit, '--profile', 'yolo')).stderr,
      /^deputy: BAD_ARGUMENTS: there is no profile "yolo"/
    )
  })

  it('tells what becomes of a call after the agent has read what a stranger wrote', async () => {
    const { explain } = await placeWith({ own: 'allow write path "notes/**" even untrusted\nallow write' })
    const writing = (path: string) => ['write', JSON.stringify({ path, content: '' }), '--agent', 'agent'] as const
    assert.equal((await explain(...writing('a'))).code, 0)
    const { code, stdout } = await explain(...writing('a'), '--untrusted')
    assert.equal(code, 3)
    assert.match(stdout, /^ask: text of a stranger was read before; without that it would be allowed by rule: allow /)
    assert.equal((await explain(...writing('notes/a'), '--untrusted')).code, 0)
  })

  it('says what is wrong with a call', async () => {
    const { explain } = await placeWith({})
    assert.match((await explain('shel', 'ls')).stdout, /^invalid: there is no tool "shel"/)
    assert.equal((await explain('write', '{"path": 1}', '--agent', 'agent')).code, 2)
    assert.match((await explain('read', '{"path"')).stderr, /BAD_ARGUMENTS: this is not JSON/)
    assert.match((await explain('read', 'a', '--agent', 'team/nobody')).stderr, /UNKNOWN_AGENT/)
  })
})

describe.concurrent('a policy', { timeout: 120_000 }, () => {
  it('that is malformed stops every command that would run something, with file and line', async () => {
    const { deputy, explain, dir, stamps } = await placeWith({ project: 'deny stamp\nalow *' })
    const refusal = `deputy: BAD_POLICY: ${join(dir, '.deputy/policy')}:2:1: allow, ask, deny or trust is wanted, not alow\n`
    for (const { code, stderr } of [
      await explain('read', 'a'),
      await deputy('run', '--agents', AGENTS, '--agent', 'clerk', 'stamp a')
    ])
      assert.deepEqual([code, stderr], [2, refusal])
    assert.deepEqual(stamps(), [])
  })

  it('allows and denies what agents do, and is read anew when a thread goes on', async () => {
    const { deputy, dir, stamps } = await placeWith({ own: 'allow stamp what is "a"' })
    const agents = ['--agents', AGENTS] as const
    assert.equal((await deputy('run', ...agents, '--agent', 'clerk', 'stamp a')).code, 0)
    const { code, stdout } = await deputy('run', ...agents, '--agent', 'clerk', 'stamp b')
    assert.equal(code, 3)
    mkdirSync(join(dir, '.deputy'), { recursive: true })
    writeFileSync(join(dir, '.deputy/policy'), 'deny stamp what is "b"')
    const answered = await deputy('answer', idAfter('deputy answer', stdout), 'approve', ...agents)
    assert.match(answered.stderr, /BAD_DECISION: the call cannot be allowed: rule: deny stamp where what is "b"/)
    assert.deepEqual(stamps(), ['a'])
  })
})
