import { env } from 'node:process'
import { z } from 'zod'
import { unreachable } from '../../state/errors.ts'
import type { SandboxOptions } from '../sandbox/bubblewrap.ts'
import { type SandboxMode, sandboxing } from '../sandbox/sandbox.ts'
import { type Tool, tool } from '../tool.ts'
import { openWorkspace, workspaceOf } from '../workspace.ts'
import { bash } from './bash.ts'
import { directoryOf } from './directory.ts'
import { inSandbox } from './in-sandbox.ts'
import { keptOutput } from './kept-output.ts'
import type { Ending } from './run-command.ts'
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
  /**
   * `auto`, the default: in a sandbox where the machine has one. `require`: nothing runs without one. `off`: never in one; what
   * a command then reaches is up to the user it runs as.
   */
  readonly sandbox?: SandboxMode
  /** What the sandbox leaves open. */
  readonly open?: SandboxOptions
}

/** The command starts in the workspace, and in a sandbox reaches nothing else. docs/sandbox.md */
export function shellTool({
  graceMs = DEFAULT_GRACE_MS,
  passEnv = [],
  sandbox: mode = 'auto',
  open
}: ShellOptions = {}): Tool {
  const confined = sandboxing({ mode, ...open })
  return tool({
    name: 'shell',
    description:
      'Runs a command with bash in the workspace and gives its output and errors as they came, and the exit code if it is not 0. ' +
      'There is no input. All that the command started ends with it, also in the background. Where there is a sandbox, only the ' +
      'workspace can be changed and there is no network but what was opened.',
    effect: 'once',
    confinement: confined.confinement,
    kinds: { command: 'command', cwd: 'directory' },
    timeoutMs: TOOL_TIMEOUT_MS,
    args: z.object({
      command: z.string().min(1),
      timeout_ms: z.number().int().min(1).max(MAX_TIMEOUT_MS).default(DEFAULT_TIMEOUT_MS),
      cwd: z.string().min(1).default('.').describe('a directory of the workspace')
    }),
    run: async ({ command, timeout_ms: timeoutMs, cwd }, run) => {
      const output = keptOutput({ max: MAX_OUTPUT, onText: (text) => run.progress(text) })
      const ending = await inSandbox(confined.sandbox(), {
        argv: bash(command),
        workspace: await openWorkspace(workspaceOf(run)),
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
    case 'limited':
      return `[${ending.limit}: was ended]`
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
