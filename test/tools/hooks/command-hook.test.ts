import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, it } from 'vitest'
import type { HookInput } from '../../../state/hooks.ts'
import { type CommandHookInit, commandHook, IN_HOOK } from '../../../tools/hooks/command-hook.ts'
import { sandboxing } from '../../../tools/sandbox/sandbox.ts'
import { isRunning } from '../../support/is-running.ts'
import { needsSandbox } from '../../support/needs-sandbox.ts'
import { tempWorkspace } from '../../support/temp-workspace.ts'

const free = sandboxing({ mode: 'off' })

const input = (workspace: string, args: Record<string, unknown> = { path: 'a' }): HookInput => ({
  on: 'beforeTool',
  toolCallId: 'call-1',
  tool: 'write',
  args,
  path: 'agent',
  threadId: 't',
  rootThreadId: 't',
  runId: 'r',
  workspace,
  at: 0
})

type Given = Partial<CommandHookInit> & { args?: Record<string, unknown>; signal?: AbortSignal }

/** What a hook answers that is a line for bash, in a workspace of its own. */
async function answer(script: string, given: Given = {}) {
  const { root } = await tempWorkspace()
  return answerIn(root, script, given)
}

function answerIn(root: string, script: string, { args, signal = new AbortController().signal, ...init }: Given) {
  const hook = commandHook({
    name: 'hook',
    on: 'beforeTool',
    command: ['/bin/bash', '-c', script],
    directory: root,
    sandbox: free,
    timeoutMs: 20_000,
    graceMs: 100,
    ...init
  })
  return hook.run(input(root, args), signal)
}

async function pidIn(path: string): Promise<number> {
  while (true) {
    try {
      const pid = Number(readFileSync(path, 'utf8'))
      if (pid > 0) return pid
    } catch {
      // Not written yet.
    }
    await sleep(5)
  }
}

describe('a command', () => {
  it('is told by JSON on its input', async () => {
    const { root } = await tempWorkspace()
    assert.equal(await answerIn(root, 'cat > told', {}), undefined)
    assert.deepEqual(JSON.parse(readFileSync(`${root}/told`, 'utf8')), JSON.parse(JSON.stringify(input(root))))
  })

  it('answers by JSON on its output, on several lines or on the last one behind others', async () => {
    const said = { verdict: 'deny', reason: 'so' }
    assert.deepEqual(await answer(`echo '${JSON.stringify(said, null, 2)}'`), said)
    assert.deepEqual(await answer(`echo starting; echo '{"log": true}'; echo '${JSON.stringify(said)}'`), said)
  })

  it('says nothing with no output, or with words that are no JSON', async () => {
    assert.equal(await answer('true'), undefined)
    assert.equal(await answer('echo all is well'), undefined)
  })

  it('says no by exit code 2, with its error output as the reason, or without', async () => {
    assert.deepEqual(await answer('echo ignored; echo no secrets >&2; exit 2'), {
      verdict: 'deny',
      reason: 'no secrets'
    })
    assert.deepEqual(await answer('exit 2'), { verdict: 'deny' })
  })

  it('has failed with any other exit code, by a signal, or with half an answer', async () => {
    await assert.rejects(answer('echo broken >&2; exit 1'), { message: 'exit code 1: broken' })
    await assert.rejects(answer('kill -KILL $$'), { message: 'it was killed by SIGKILL' })
    await assert.rejects(answer(`echo '{"verdict": '`), { message: 'its answer is no JSON' })
    await assert.rejects(answer('true', { command: ['/no/such/program'] }), { code: 'ENOENT' })
  })

  it('need not read its input, however long it is', async () => {
    const args = { text: 'x'.repeat(5_000_000) }
    assert.equal(await answer('exec 0<&-; sleep 0.1', { args }), undefined)
    assert.deepEqual(await answer('exit 2', { args }), { verdict: 'deny' })
  })

  it('has failed when it says more than an answer can be, and is read to its end', async () => {
    await assert.rejects(answer('head -c 100000000 /dev/zero | tr "\\0" x'), {
      message: 'it said too much to be an answer'
    })
  })

  it('reads nothing in its words as syntax', async () => {
    const { root } = await tempWorkspace()
    const command = ['/bin/echo', '{"reason":"$(touch made); `touch made`"}'] as const
    assert.deepEqual(await answerIn(root, '', { command }), { reason: '$(touch made); `touch made`' })
    assert.throws(() => readFileSync(`${root}/made`))
  })
})

describe('a command that will not end', () => {
  it('is killed with all that it started when its time is over', async () => {
    const { root } = await tempWorkspace()
    const script =
      'trap "" TERM; (trap "" TERM; echo $BASHPID > child; while :; do sleep 0.05; done) & echo $$ > pid; wait'
    const running = answerIn(root, script, { timeoutMs: 1500 })
    await assert.rejects(running, { code: 'TIME_LIMIT', message: 'it was not done after 1500 ms and was ended' })
    for (const name of ['pid', 'child']) assert.equal(isRunning(await pidIn(`${root}/${name}`)), false, name)
  })

  it('is killed when the run is cancelled', async () => {
    const { root } = await tempWorkspace()
    const stop = new AbortController()
    const reason = new Error('cancelled')
    const running = answerIn(root, 'trap "" TERM; echo $$ > pid; while :; do sleep 0.05; done', { signal: stop.signal })
    const pid = await pidIn(`${root}/pid`)
    stop.abort(reason)
    await assert.rejects(running, reason)
    assert.equal(isRunning(pid), false)
  })

  it('is not waited for when only a grandchild holds its output, and the grandchild ends', async () => {
    const { root } = await tempWorkspace()
    assert.deepEqual(await answerIn(root, 'sleep 1000 & echo $! > pid; exit 2', {}), { verdict: 'deny' })
    assert.equal(isRunning(await pidIn(`${root}/pid`)), false)
  })
})

describe('the secrets of a command', () => {
  beforeEach(() => void Object.assign(process.env, { CHAT_TOKEN: 'sesame-open', OTHER_TOKEN: 'sesame-other' }))
  afterEach(() => {
    for (const name of ['CHAT_TOKEN', 'OTHER_TOKEN', IN_HOOK]) delete process.env[name]
  })

  it('are those that are named for it, and do not come back in what it says', async () => {
    const passEnv = ['CHAT_TOKEN']
    const said = await answer('env >&2; exit 2', { passEnv })
    assert.match((said as { reason: string }).reason, /CHAT_TOKEN=\[CHAT_TOKEN\]/)
    assert.ok(!JSON.stringify(said).includes('sesame'))
    assert.deepEqual(await answer('echo "{\\"context\\":\\"$CHAT_TOKEN\\"}"', { passEnv }), { context: '[CHAT_TOKEN]' })
    await assert.rejects(answer('echo $CHAT_TOKEN >&2; exit 1', { passEnv }), { message: 'exit code 1: [CHAT_TOKEN]' })
  })

  it('are none of ours where it is in a hook itself: then it does not run', async () => {
    assert.match(((await answer(`env | grep ${IN_HOOK} >&2; exit 2`)) as { reason: string }).reason, /=1$/)
    process.env[IN_HOOK] = '1'
    await assert.rejects(answer('exit 0'), { message: 'it was set off by what a hook has started' })
  })
})

describe('a command in a sandbox', () => {
  beforeEach(needsSandbox)

  it('sees the workspace and nothing else', async () => {
    const { root, outside } = await tempWorkspace({ file: 'here' })
    const sandbox = sandboxing({ mode: 'require' })
    const script = `cat file >&2; ls ${outside} >&2; exit 2`
    const { reason } = (await answerIn(root, script, { sandbox })) as { reason: string }
    assert.match(reason, /^here/)
    assert.match(reason, /No such file/)
  })

  it('runs nothing where one is required and there is none', async () => {
    const sandbox = sandboxing({ mode: 'require', find: () => ({ reason: 'none here' }) })
    await assert.rejects(answer('exit 0', { sandbox }), { code: 'SANDBOX_MISSING' })
  })
})
