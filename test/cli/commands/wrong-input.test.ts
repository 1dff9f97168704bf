import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { assert, describe, it } from 'vitest'
import { AGENTS, idAfter, place } from '../deputy.ts'

const CLERK = ['--agents', AGENTS, '--agent', 'clerk'] as const
const NOWHERE = '00000000-0000-4000-8000-000000000000'

describe.concurrent('wrong input', { timeout: 120_000 }, () => {
  const wrong: [what: string, args: string[], code: string][] = [
    ['no command', [], 'BAD_ARGUMENTS'],
    ['an unknown command', ['fly'], 'BAD_ARGUMENTS'],
    ['an unknown option', ['threads', '--fast'], 'BAD_ARGUMENTS'],
    ['no task', ['run'], 'BAD_ARGUMENTS'],
    ['an empty task', ['run', ...CLERK, ' '], 'BAD_ARGUMENTS'],
    ['too many words', ['run', ...CLERK, 'say', 'hello'], 'BAD_ARGUMENTS'],
    ['an unknown agent', ['run', '--agents', AGENTS, '--agent', 'nobody', 'x'], 'UNKNOWN_AGENT'],
    ['an unknown prebuilt agent', ['run', '--agent', 'nobody', 'x'], 'UNKNOWN_AGENT'],
    ['a choice of agents that is not made', ['run', '--agents', AGENTS, 'x'], 'BAD_ARGUMENTS'],
    ['a module that is not there', ['run', '--agents', 'missing.ts', 'x'], 'BAD_ARGUMENTS'],
    ['a model for agents that name their own', ['run', ...CLERK, '--model', 'openai:x', 'x'], 'BAD_ARGUMENTS'],
    ['a workspace that is not there', ['run', ...CLERK, '--workspace', 'missing', 'x'], 'WORKSPACE_MISSING'],
    ['an unknown thread to go on with', ['run', ...CLERK, '--thread', NOWHERE, 'x'], 'UNKNOWN_THREAD'],
    ['an unknown thread to show', ['show', NOWHERE], 'UNKNOWN_THREAD'],
    ['an unknown thread to resume', ['resume', NOWHERE], 'UNKNOWN_THREAD'],
    ['an unknown thread to fork', ['fork', NOWHERE, '--checkpoint', '1'], 'UNKNOWN_THREAD'],
    ['a fork from nowhere', ['fork', NOWHERE], 'BAD_ARGUMENTS'],
    ['an unknown thread to cancel', ['cancel', NOWHERE], 'UNKNOWN_THREAD'],
    ['an unknown thread to pause', ['pause', NOWHERE], 'UNKNOWN_THREAD'],
    ['an unknown thread to wrap up', ['wrap-up', NOWHERE], 'UNKNOWN_THREAD'],
    ['no thread to wrap up', ['wrap-up'], 'BAD_ARGUMENTS'],
    ['an unknown way with a busy thread', ['run', '--thread', NOWHERE, '--when-busy', 'push', 'x'], 'BAD_ARGUMENTS'],
    ['a way with a busy thread for a new one', ['run', ...CLERK, '--when-busy', 'queue', 'x'], 'BAD_ARGUMENTS'],
    ['an unknown thread to list asks of', ['asks', NOWHERE], 'UNKNOWN_THREAD'],
    ['an unknown ask', ['answer', NOWHERE, 'approve'], 'UNKNOWN_ASK'],
    ['an unknown decision', ['answer', NOWHERE, 'maybe'], 'BAD_ARGUMENTS'],
    ['an edit without arguments', ['answer', NOWHERE, 'edit'], 'BAD_ARGUMENTS'],
    ['arguments that are no JSON', ['answer', NOWHERE, 'edit', '--args', '{what'], 'BAD_ARGUMENTS'],
    ['arguments that are no object', ['answer', NOWHERE, 'edit', '--args', '[1]'], 'BAD_ARGUMENTS'],
    ['a flag of another decision', ['answer', NOWHERE, 'approve', '--reason', 'x'], 'BAD_ARGUMENTS'],
    ['an unknown scope', ['answer', NOWHERE, 'approve', '--scope', 'forever'], 'BAD_ARGUMENTS'],
    ['a time that is none', ['answer', NOWHERE, 'approve', '--scope', 'session', '--for', 'ever'], 'BAD_ARGUMENTS'],
    ['a time for another decision', ['answer', NOWHERE, 'reject', '--for', '2h'], 'BAD_ARGUMENTS'],
    ['an unknown thread to list grants of', ['grants', NOWHERE], 'UNKNOWN_THREAD'],
    ['an unknown thread to list unknown outcomes of', ['unknown', NOWHERE], 'UNKNOWN_THREAD'],
    ['an unknown grant', ['revoke', NOWHERE], 'UNKNOWN_GRANT'],
    ['an answer without a value', ['answer', NOWHERE, 'answer'], 'BAD_ARGUMENTS'],
    ['a limit that is no number', ['threads', '--limit', 'all'], 'BAD_ARGUMENTS'],
    ['a principal without a name', ['threads', '--principal', ''], 'BAD_ARGUMENTS'],
    ['a url that names no store', ['threads', '--store', 'mysql://x'], 'BAD_STORE']
  ]

  it.each(wrong)('%s ends with 2 and says so on stderr', async (_what, args, expected) => {
    const { deputy } = await place()
    const { code, stdout, stderr } = await deputy(...args)
    assert.equal(code, 2, stderr)
    assert.match(stderr, new RegExp(`^deputy: ${expected}: .`))
    assert.notMatch(stderr, /\n {4}at /)
    assert.equal(stdout, '')
  })

  it('is told as a JSON object where JSON was asked for', async () => {
    const { deputy } = await place()
    for (const args of [
      ['show', NOWHERE, '--json'],
      ['fly', '--json'],
      ['threads', '--json', '--store', 'mysql://x']
    ]) {
      const { code, stderr } = await deputy(...args)
      assert.equal(code, 2)
      assert.hasAllKeys((JSON.parse(stderr) as { error: object }).error, ['code', 'message'])
    }
  })

  it('a module that fails while it is loaded is named, and its stack shown only for debugging', async () => {
    const { dir, deputy } = await place()
    writeFileSync(join(dir, 'broken.mjs'), 'throw new Error("broken inside")')
    const { code, stderr } = await deputy('run', '--agents', 'broken.mjs', 'x')
    assert.equal(code, 2)
    assert.match(stderr, /^deputy: BAD_ARGUMENTS: .*broken\.mjs.*broken inside\n$/)
    const debugging = await place({ DEPUTY_DEBUG: '1' })
    writeFileSync(join(debugging.dir, 'broken.mjs'), 'throw new Error("broken inside")')
    assert.match((await debugging.deputy('run', '--agents', 'broken.mjs', 'x')).stderr, /\n {4}at /)
  })

  it('a module without agents is refused', async () => {
    const { dir, deputy } = await place()
    writeFileSync(join(dir, 'empty.mjs'), 'export const agent = { name: "agent" }')
    const { code, stderr } = await deputy('run', '--agents', 'empty.mjs', 'x')
    assert.equal(code, 2)
    assert.include(stderr, 'exports no agent')
  })

  it('a store that cannot be opened ends with 5', async () => {
    const { dir, deputy } = await place()
    writeFileSync(join(dir, 'file'), '')
    const { code, stderr } = await deputy('threads', '--store', 'sqlite:file/inside/deputy.db')
    assert.equal(code, 5)
    assert.match(stderr, /^deputy: STORE_UNAVAILABLE: /)
  })

  it('a store that cannot be reached ends with 5 and keeps its password', async () => {
    const { deputy } = await place()
    const url = 'postgres://me:s3cr3tw0rd@127.0.0.1:1/none'
    for (const args of [
      ['threads', '--store', url],
      ['threads', '--store', url, '--json'],
      ['--help'],
      ['run', '--help']
    ]) {
      const { code, stdout, stderr } = await (await place({ DEPUTY_STORE: url, DEPUTY_DEBUG: '1' })).deputy(...args)
      assert.equal(code, args.includes('--help') ? 0 : 5)
      assert.notInclude(stdout + stderr, 's3cr3tw0rd')
    }
    const { code } = await deputy('threads', '--store', url)
    assert.equal(code, 5)
  })

  it('a thread whose agent nobody knows here says where to look', async () => {
    const { deputy } = await place()
    const thread = idAfter('thread', (await deputy('run', ...CLERK, 'say one')).stdout)
    const { code, stderr } = await deputy('show', thread)
    assert.equal(code, 2)
    assert.match(stderr, /^deputy: UNKNOWN_AGENT: .*"clerk".*--agents FILE/)
  })

  it('a key that a tool or model repeats is not shown', async () => {
    const { deputy } = await place({ SOME_API_KEY: 'sk-very-secret' })
    for (const args of [
      ['run', ...CLERK, 'say sk-very-secret'],
      ['run', ...CLERK, '--json', 'fail sk-very-secret'],
      ['threads']
    ]) {
      const { stdout, stderr } = await deputy(...args)
      assert.notInclude(stdout + stderr, 'sk-very-secret')
    }
  })

  it('help documents every exit code', async () => {
    const { deputy } = await place()
    for (const args of [['--help'], ['run', '--help']]) {
      const { code, stdout } = await deputy(...args)
      assert.equal(code, 0)
      for (const exit of [0, 1, 2, 3, 4, 5, 130]) assert.match(stdout, new RegExp(`^ +${exit}  \\S`, 'm'))
    }
  })
})
