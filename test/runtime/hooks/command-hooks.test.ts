import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, assert, beforeEach, describe, it } from 'vitest'
import { openStore } from '../../../checkpointers/open.ts'
import { defineAgent } from '../../../prebuilt/define-agent.ts'
import { agentRuntime } from '../../../runtime/agent-runtime.ts'
import type { HookPoint } from '../../../state/hooks.ts'
import { allow } from '../../../state/remit.ts'
import { commandHook } from '../../../tools/hooks/command-hook.ts'
import { sandboxing } from '../../../tools/sandbox/sandbox.ts'
import { collected } from '../../support/collected.ts'
import { effects } from '../../support/effects.ts'
import { isRunning } from '../../support/is-running.ts'
import { playing } from '../../support/script.ts'

describe('a command as a hook of a runtime', () => {
  let directory: string
  beforeEach(async () => {
    directory = await realpath(await mkdtemp(join(tmpdir(), 'deputy-hooks-')))
    process.env.HOOK_TEST_TOKEN = 'sesame-open'
  })
  afterEach(async () => {
    delete process.env.HOOK_TEST_TOKEN
    await rm(directory, { recursive: true, force: true })
  })

  const said = (on: HookPoint, script: string) =>
    commandHook({
      name: on,
      on,
      command: ['/bin/sh', '-c', script],
      directory,
      passEnv: ['HOOK_TEST_TOKEN'],
      sandbox: sandboxing({ mode: 'off' })
    })

  it('changes and denies like any other, and no secret of it gets into an event, a store or a model', async () => {
    const touch = effects()
    const heard: string[] = []
    const model = playing((_, results, messages) => {
      heard.push(JSON.stringify(messages))
      if (results.length > 0) return 'done'
      return ['a', 'b'].map((what) => ({ name: 'touch', args: { what }, id: what }))
    })
    const change = `grep -q '"what":"a"' && echo '{"args":{"what":"c"}}' && exit 0; echo "no b $HOOK_TEST_TOKEN" >&2; exit 2`
    const hooks = [
      said('beforeTool', change),
      said('afterTool', 'echo "{\\"context\\":\\"$HOOK_TEST_TOKEN\\"}"'),
      said('onOutcome', 'echo "$HOOK_TEST_TOKEN" >&2; exit 1')
    ]
    const agent = defineAgent({ name: 'agent', model, tools: [touch], remit: [allow('touch')] })
    const runtime = agentRuntime({ store: await openStore('memory:'), agents: [agent], hooks })
    const turn = await runtime.startStreamingTurn({ agent: 'agent', input: 'go', workspace: directory })
    const events = await collected(turn)
    assert.equal((await turn.result).outcome.status, 'completed')
    assert.deepEqual(touch.done, ['c'])
    const { values } = await runtime.getSnapshot(turn.threadId)
    for (const text of [JSON.stringify(events), JSON.stringify(values), ...heard]) assert.ok(!text.includes('sesame'))
    const told = events.flatMap((event) => (event.type === 'hook.ran' ? [[event.on, event.did, event.reason]] : []))
    assert.deepEqual(told.sort(), [
      ['afterTool', 'changed', undefined],
      ['beforeTool', 'changed', undefined],
      ['beforeTool', 'denied', 'no b [HOOK_TEST_TOKEN]'],
      ['onOutcome', 'failed', 'exit code 1: [HOOK_TEST_TOKEN]']
    ] as never)
    await runtime.close()
  })

  it('is killed when the run is cancelled, and the turn ends as cancelled', async () => {
    const agent = defineAgent({ name: 'agent', model: playing(['never']), remit: [] })
    const hook = said('beforeModel', 'trap "" TERM; echo $$ > started; while :; do sleep 0.05; done')
    const runtime = agentRuntime({ store: await openStore('memory:'), agents: [agent], hooks: [hook] })
    const turn = await runtime.startStreamingTurn({ agent: 'agent', input: 'go', workspace: directory })
    const started = join(directory, 'started')
    const pid = () => (existsSync(started) ? Number(readFileSync(started, 'utf8')) : 0)
    while (pid() === 0) await sleep(10)
    await runtime.cancelRun(turn.threadId)
    assert.equal((await turn.result).outcome.status, 'cancelled')
    await runtime.close()
    while (isRunning(pid())) await sleep(10)
  })
})
