// X1. A command is a list of words, and what it is told comes on its input as JSON: nothing of it is read as shell syntax.
// X2. It ends with all that it started: in time, or when the run is cancelled, or asked to and then killed.
// X3. It has the environment of a command of the shell, and the variables that were named for it. Of those no value comes back.
// X4. A command that a hook has started runs no hooks: an agent in it would set them off again without end.
import { env } from 'node:process'
import { RuntimeError } from '../../state/errors.ts'
import type { Hook } from '../../state/hooks.ts'
import type { Argv } from '../../state/sandbox.ts'
import { inSandbox } from '../coding/in-sandbox.ts'
import { keptOutput } from '../coding/kept-output.ts'
import { shellEnv } from '../coding/shell-env.ts'
import { type Sandboxing, sandboxing } from '../sandbox/sandbox.ts'
import { openWorkspace } from '../workspace.ts'
import { commandAnswer } from './command-answer.ts'
import { type HookInit, placed } from './define-hook.ts'

export interface CommandHookInit extends Omit<HookInit<Hook['on']>, 'run'> {
  readonly command: Argv
  /** Where it runs for a thread that has no workspace. */
  readonly directory: string
  /** How long a process that was asked to end may take before it is killed. */
  readonly graceMs?: number
  /** Variables that it gets beyond the usual ones, secrets as well. */
  readonly passEnv?: readonly string[]
  readonly sandbox?: Sandboxing
  /** Looked at before each run; what it throws is the failure of the hook. */
  readonly check?: () => Promise<void>
}

const DEFAULT_TIMEOUT_MS = 60_000
const DEFAULT_GRACE_MS = 1000
const MAX_OUTPUT = 1024 * 1024

/** Set for every command that a hook runs. */
export const IN_HOOK = 'DEPUTY_HOOK'

/** A hook that is a command: told by JSON on its input, heard by its exit code and its output. */
export function commandHook({ command: argv, timeoutMs = DEFAULT_TIMEOUT_MS, ...init }: CommandHookInit): Hook {
  const { directory, passEnv = [], graceMs = DEFAULT_GRACE_MS, sandbox = sandboxing(), check } = init
  return {
    ...placed(init),
    async run(input, signal) {
      if (env[IN_HOOK]) throw new RuntimeError('TOOL_FAILED', 'it was set off by what a hook has started')
      await check?.()
      const [output, errors] = [keptOutput({ max: MAX_OUTPUT }), keptOutput({ max: MAX_OUTPUT })]
      const workspace = await openWorkspace(input.workspace ?? directory)
      const given = givenOf(passEnv)
      const ending = await inSandbox(sandbox.sandbox(), {
        argv,
        workspace,
        cwd: workspace,
        env: { ...shellEnv(env), ...given, [IN_HOOK]: '1' },
        input: `${JSON.stringify(input)}\n`,
        signal,
        timeoutMs,
        graceMs,
        onText: output.add,
        onError: errors.add
      })
      return commandAnswer({ ending, output, errors, timeoutMs, redact: redacting(given) })
    }
  }
}

function givenOf(names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])))
}

/** Shorter values are words that anything may contain. */
const SHORTEST_SECRET = 4

function redacting(given: Readonly<Record<string, string>>): (text: string) => string {
  const secrets = Object.entries(given).filter(([, value]) => value.length >= SHORTEST_SECRET)
  return (text) => secrets.reduce((left, [name, value]) => left.replaceAll(value, `[${name}]`), text)
}
