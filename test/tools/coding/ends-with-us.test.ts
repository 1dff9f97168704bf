import { execFile } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { builtFile } from '../../support/built.ts'
import { isRunning } from '../../support/is-running.ts'

const PROGRAM = `
  import { runCommand } from ${JSON.stringify(builtFile('tools/coding/run-command.ts'))}
  runCommand({
    argv: ['/bin/sh', '-c', 'trap "" TERM; echo $$; while :; do sleep 0.05; done'],
    cwd: process.cwd(),
    env: process.env,
    signal: new AbortController().signal,
    timeoutMs: 600_000,
    graceMs: 600_000,
    onText: (pid) => process.stdout.write(pid, () => process.exit(0))
  })
`

it('ends a command with the process that ran it, whatever the command makes of being asked', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', PROGRAM])
  const pid = Number(stdout)
  expect(pid).toBeGreaterThan(0)
  while (isRunning(pid)) await sleep(10)
})
