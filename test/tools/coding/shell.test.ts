import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { mkdir, symlink } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, it } from 'vitest'
import { shellTool } from '../../../tools/coding/shell.ts'
import { isRunning } from '../../support/is-running.ts'
import { type TempWorkspace, tempWorkspace } from '../../support/temp-workspace.ts'

/** Without a sandbox, which each machine has or has not; what holds in one is in test/tools/sandbox/. */
const shell = shellTool({ sandbox: 'off' })

/** Ends things soon, so that the tests need not wait. */
const quick = shellTool({ sandbox: 'off', graceMs: 200 })

async function until<T>(read: () => T | undefined): Promise<T> {
  while (true) {
    const value = read()
    if (value !== undefined) return value
    await sleep(5)
  }
}

/** The pid that a command said, as `name=123`, once it has said it. */
function pidIn(text: string, name: string): number | undefined {
  const found = new RegExp(`${name}=(\\d+)\\n`).exec(text)
  return found ? Number(found[1]) : undefined
}

const saidPid = (workspace: TempWorkspace, name: string) => until(() => pidIn(workspace.progressed.join(''), name))

const saidAll = (workspace: TempWorkspace, text: string) =>
  until(() => (workspace.progressed.join('') === text ? true : undefined))

/** Lets a command wait for a file in its directory. */
const untilFile = (name: string) => `until [ -e ${name} ]; do sleep 0.02; done`

describe('shell', () => {
  it('gives output and errors as they come, while the command runs', async () => {
    const workspace = await tempWorkspace()
    const command = `echo one; ${untilFile('1')}; echo two >&2; ${untilFile('2')}; echo three`
    const running = workspace.call(shell, { command })
    await saidAll(workspace, 'one\n')
    await mkdir(workspace.path('1'))
    await saidAll(workspace, 'one\ntwo\n')
    await mkdir(workspace.path('2'))
    assert.equal(await running, 'one\ntwo\nthree\n')
    assert.equal(workspace.progressed.join(''), 'one\ntwo\nthree\n')
  })

  it('ends with the exit code where it is not 0', async () => {
    const { call } = await tempWorkspace()
    assert.equal(await call(shell, { command: 'printf no; exit 3' }), 'no\n[exit code 3]')
    assert.equal(await call(shell, { command: 'nowhere-to-be-found 2>/dev/null' }), '[exit code 127]')
  })

  it('says which signal killed a command', async () => {
    const { call } = await tempWorkspace()
    assert.equal(await call(shell, { command: 'kill -KILL $$' }), '[killed by SIGKILL]')
  })

  it('says when there is no output', async () => {
    const { call } = await tempWorkspace()
    assert.equal(await call(shell, { command: 'true' }), '[no output]')
  })

  it('gives no input', async () => {
    const { call } = await tempWorkspace()
    assert.equal(await call(shell, { command: 'cat; echo over' }), 'over\n')
  })

  it('starts in the workspace, or in a directory of it', async () => {
    const { root, call, path } = await tempWorkspace({ 'src/a': '' })
    assert.equal(await call(shell, { command: 'pwd' }), `${root}\n`)
    assert.equal(await call(shell, { command: 'pwd', cwd: 'src' }), `${path('src')}\n`)
  })

  it('starts nowhere outside', async () => {
    const { call, outside, path } = await tempWorkspace({ file: '' })
    await symlink(outside, path('out'))
    for (const cwd of ['..', outside, 'out'])
      await assert.rejects(call(shell, { command: 'true', cwd }), { code: 'WORKSPACE_ESCAPE' })
    await assert.rejects(call(shell, { command: 'true', cwd: 'file' }), { code: 'TOOL_FAILED' })
  })

  it('keeps a character whole that comes in two pieces', async () => {
    const workspace = await tempWorkspace()
    const command = String.raw`printf 'caf\xc3'; sleep 0.1; printf '\xa9 \xf0\x9f'; sleep 0.1; printf '\x98\x80'`
    assert.equal(await workspace.call(shell, { command }), 'café 😀')
    assert.ok(!workspace.progressed.join('').includes('\ufffd'))
  })

  it('keeps 10 MB of a longer output and reads the rest away', async () => {
    const { call, progressed } = await tempWorkspace()
    const output = await call(shell, { command: 'head -c 12000000 /dev/zero | tr "\\0" x; exit 4' })
    assert.ok(output.endsWith('x\n[cut after 10485760 characters]\n[exit code 4]'))
    assert.equal(progressed.join('').length, 10485760)
  })

  it('says why a command cannot be started', async () => {
    const { call } = await tempWorkspace()
    await assert.rejects(call(shell, { command: `: ${'x'.repeat(3_000_000)}` }), { code: 'E2BIG' })
  })

  it('leaves no listener on the signal', async () => {
    const { call } = await tempWorkspace()
    const { signal } = new AbortController()
    await call(shell, { command: 'true' }, signal)
    assert.deepEqual(getEventListeners(signal, 'abort'), [])
  })

  it('leaves no timer', async () => {
    const { call } = await tempWorkspace()
    const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
    const before = timers()
    await call(shell, { command: 'true', timeout_ms: 500_000 })
    await call(quick, { command: 'sleep 1000 & true', timeout_ms: 500_000 })
    await until(() => (timers() <= before ? true : undefined))
  })
})

describe('the secrets of this process', () => {
  beforeEach(() => void Object.assign(process.env, { SOME_API_KEY: 'sesame', DEPUTY_STORE: 'sesame', PLAIN: 'plain' }))
  afterEach(() => {
    for (const name of ['SOME_API_KEY', 'DEPUTY_STORE', 'PLAIN']) delete process.env[name]
  })

  it('are not in the environment of a command', async () => {
    const { call } = await tempWorkspace()
    const output = await call(shellTool({ sandbox: 'off', passEnv: ['PLAIN', 'SOME_API_KEY'] }), { command: 'env' })
    assert.match(output, /^PATH=/m)
    assert.match(output, /^PLAIN=plain$/m)
    assert.ok(!output.includes('sesame'))
  })
})

describe('a command that takes too long', () => {
  it('is ended and says so after its output', async () => {
    const { call } = await tempWorkspace()
    const output = await call(quick, { command: 'echo pid=$$; exec sleep 1000', timeout_ms: 1500 })
    assert.match(output, /^pid=\d+\n\[timed out after 1500 ms and was ended\]$/)
    assert.ok(!isRunning(pidIn(output, 'pid')!))
  })

  it('is killed when it will not end', async () => {
    const { call } = await tempWorkspace()
    const command =
      'trap "" TERM; echo pid=$$; (trap "" TERM; echo child=$BASHPID; while :; do sleep 0.05; done) & wait'
    const output = await call(quick, { command, timeout_ms: 1500 })
    assert.match(output, /timed out/)
    for (const name of ['pid', 'child']) assert.ok(!isRunning(pidIn(output, name)!), name)
  })
})

describe('an aborted run', () => {
  it('throws the reason of the signal once the processes are gone', async () => {
    const workspace = await tempWorkspace()
    const reason = new Error('cancelled')
    const run = new AbortController()
    const command = 'trap "" TERM; sleep 1000 & echo child=$!; echo pid=$$; while :; do sleep 0.05; done'
    const running = workspace.call(quick, { command }, run.signal)
    const pids = [await saidPid(workspace, 'child'), await saidPid(workspace, 'pid')]
    assert.deepEqual(pids.map(isRunning), [true, true])
    run.abort(reason)
    await assert.rejects(running, reason)
    assert.deepEqual(pids.map(isRunning), [false, false])
  })

  it('lets a command say something more when it is asked to end', async () => {
    const workspace = await tempWorkspace()
    const run = new AbortController()
    const command = 'trap "echo cleaned; exit 0" TERM; echo pid=$$; while :; do sleep 0.02; done'
    const running = workspace.call(shellTool({ sandbox: 'off', graceMs: 60_000 }), { command }, run.signal)
    await saidPid(workspace, 'pid')
    run.abort()
    await assert.rejects(running, { name: 'AbortError' })
    assert.match(workspace.progressed.join(''), /cleaned\n$/)
  })

  it('does not wait for the output of what is left in the background', async () => {
    const workspace = await tempWorkspace()
    const run = new AbortController()
    const running = workspace.call(
      shellTool({ sandbox: 'off', graceMs: 1e9 }),
      { command: 'sleep 1000 & echo child=$!' },
      run.signal
    )
    const child = await saidPid(workspace, 'child')
    run.abort()
    await assert.rejects(running, { name: 'AbortError' })
    assert.ok(!isRunning(child))
  })

  it('starts nothing where it is over before', async () => {
    const workspace = await tempWorkspace()
    const reason = new Error('cancelled')
    await assert.rejects(workspace.call(shell, { command: 'echo x' }, AbortSignal.abort(reason)), reason)
    assert.deepEqual(workspace.progressed, [])
  })
})

describe('what a command leaves in the background', () => {
  it('ends with it, though it holds the output', async () => {
    const { call } = await tempWorkspace()
    const output = await call(quick, { command: 'sleep 1000 & echo child=$!' })
    assert.ok(!isRunning(pidIn(output, 'child')!))
  })

  it('ends with it, though it holds nothing', async () => {
    const { call } = await tempWorkspace()
    const output = await call(quick, { command: 'sleep 1000 >/dev/null 2>&1 & echo child=$!' })
    assert.ok(!isRunning(pidIn(output, 'child')!))
  })

  it('ends with it, though it was started twice removed and will not end', async () => {
    const { call } = await tempWorkspace()
    const command = `( (trap "" TERM; echo child=$BASHPID; touch said; while :; do sleep 0.05; done) & ); ${untilFile('said')}`
    const output = await call(quick, { command })
    assert.ok(!isRunning(pidIn(output, 'child')!))
  })

  it('may finish what it says within the grace', async () => {
    const { call } = await tempWorkspace()
    const patient = shellTool({ sandbox: 'off', graceMs: 20_000 })
    assert.equal(await call(patient, { command: '(sleep 0.2; echo late) & echo early' }), 'early\nlate\n')
  })

  it('is not waited for when it has left the group', async () => {
    const { call } = await tempWorkspace()
    const output = await call(quick, {
      command: `setsid bash -c 'touch left; exec sleep 1000' & echo child=$!; ${untilFile('left')}`
    })
    const child = pidIn(output, 'child')!
    assert.ok(isRunning(child))
    process.kill(child, 'SIGKILL')
  })
})
