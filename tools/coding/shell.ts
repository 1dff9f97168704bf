import { env } from 'node:process'
import { z } from 'zod'
import { unreachable } from '../../state/errors.ts'
import { type Tool, tool } from '../tool.ts'
import { directoryOf } from './directory.ts'
import { keptOutput } from './kept-output.ts'
import { type Ending, runCommand } from './run-command.ts'
import { shellEnv } from './shell-env.ts'

const TOOL_TIMEOUT_MS = 600_000
/** Below that of the tool: a command that takes too long is to be told of with its output. */
const MAX_TIMEOUT_MS = 540_000
const DEFAULT_TIMEOUT_MS = 120_000
const DEFAULT_GRACE_MS = 2000
const MAX_OUTPUT = 10 * 1024 * 1024

export interface ShellOptions {
  /** How long a process that was asked to end may take before it is killed. */
  readonly graceMs?: number
  /** Variables that a command gets beyond the usual ones. Never one that looks like a secret. */
  readonly passEnv?: readonly string[]
}

/** The command starts in the workspace; what it then reaches is up to the user it runs as. */
export function shellTool({ graceMs = DEFAULT_GRACE_MS, passEnv = [] }: ShellOptions = {}): Tool {
  return tool({
    name: 'shell',
    description:
      'Runs a command with bash in the workspace and gives its output and errors as they came, and the exit code if it is not 0. ' +
      'There is no input. All that the command started ends with it, also in the background.',
    effect: 'once',
    kinds: { command: 'command', cwd: 'directory' },
    timeoutMs: TOOL_TIMEOUT_MS,
    args: z.object({
      command: z.string().min(1),
      timeout_ms: z.number().int().min(1).max(MAX_TIMEOUT_MS).default(DEFAULT_TIMEOUT_MS),
      cwd: z.string().min(1).default('.').describe('a directory of the workspace')
    }),
    run: async ({ command, timeout_ms: timeoutMs, cwd }, run) => {
      const output = keptOutput({ max: MAX_OUTPUT, onText: (text) => run.progress(text) })
      const ending = await runCommand({
        command,
        cwd: await directoryOf(run, cwd),
        env: shellEnv(env, passEnv),
        signal: run.signal,
        timeoutMs,
        graceMs,
        onText: output.add
      })
      return withEnding(output.text(), wordsFor(ending, timeoutMs))
    }
  })
}

export const shell = shellTool()

function wordsFor(ending: Ending, timeoutMs: number): string {
  switch (ending.kind) {
    case 'exited':
      return ending.code === 0 ? '' : `[exit code ${ending.code}]`
    case 'killed':
      return `[killed by ${ending.signal}]`
    case 'timed-out':
      return `[timed out after ${timeoutMs} ms and was ended]`
    default:
      return unreachable(ending)
  }
}

/** The ending stands on the last line, alone. */
function withEnding(output: string, ending: string): string {
  if (ending === '') return output || '[no output]'
  const gap = output === '' || output.endsWith('\n') ? '' : '\n'
  return output + gap + ending
}
