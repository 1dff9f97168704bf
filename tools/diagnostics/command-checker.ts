import { relative, resolve } from 'node:path'
import { env } from 'node:process'
import { bash } from '../coding/bash.ts'
import { inSandbox } from '../coding/in-sandbox.ts'
import { keptOutput } from '../coding/kept-output.ts'
import type { Ending } from '../coding/run-command.ts'
import { shellEnv } from '../coding/shell-env.ts'
import { type SandboxMode, sandboxing } from '../sandbox/sandbox.ts'
import type { Checked, Checker, Problem } from './problem.ts'

export interface CommandCheckerInit {
  /** The project's own, run with bash in the workspace: `npx tsc --noEmit --pretty false`. */
  readonly command: string
  readonly timeoutMs?: number
  /** `auto`, the default: in a sandbox where the machine has one, for what it loads an agent may have written. */
  readonly sandbox?: SandboxMode
}

const DEFAULT_TIMEOUT_MS = 120_000
const GRACE_MS = 2000
const MAX_OUTPUT = 1024 * 1024

/** Checks with a command, and reads what it says as compilers say it. */
export function commandChecker({
  command,
  timeoutMs = DEFAULT_TIMEOUT_MS,
  sandbox: mode = 'auto'
}: CommandCheckerInit): Checker {
  const confined = sandboxing({ mode })
  return {
    async check({ workspace, signal }) {
      const output = keptOutput({ max: MAX_OUTPUT, onText: () => {} })
      const ending = await inSandbox(confined.sandbox(), {
        argv: bash(command),
        workspace,
        cwd: workspace,
        env: shellEnv(env),
        signal,
        timeoutMs,
        graceMs: GRACE_MS,
        onText: output.add
      })
      return readingOf(output.text(), { ending, command, workspace })
    }
  }
}

/** What a shell gives for a command that is not there, or cannot be run. */
const NOT_THERE: ReadonlySet<number> = new Set([126, 127])
const TAIL = 500

function readingOf(
  text: string,
  { ending, command, workspace }: { ending: Ending; command: string; workspace: string }
): Checked {
  if (ending.kind !== 'exited') return { kind: 'unavailable', reason: `${command} did not come to its end` }
  if (NOT_THERE.has(ending.code)) return { kind: 'unavailable', reason: `${command} cannot be run` }
  const problems = problemsIn(text, workspace)
  if (ending.code === 0 || problems.length > 0) return { kind: 'problems', problems }
  const message = `${command} ended with ${ending.code}: ${text.trim().slice(-TAIL)}`
  return { kind: 'problems', problems: [{ path: '', line: 0, message, severity: 'error' }] }
}

/** `src/a.ts(1,2): error TS1: words` */
const IN_BRACKETS =
  /^(?<path>[^\s(][^(]*)\((?<line>\d+),\d+\): (?<kind>error|warning) (?<code>[A-Z]+\d+): (?<message>.+)$/
/** `src/a.c:1:2: warning: words`, also without the column or the kind */
const WITH_COLONS =
  /^(?<path>[^\s:][^:]*):(?<line>\d+)(?::\d+)?:? (?:(?<kind>error|warning|note)(?:\[(?<code>[\w-]+)\])?:? )?(?<message>.+)$/

/** The lines of an output that name a place and a problem; all others are left alone. */
export function problemsIn(text: string, workspace: string): Problem[] {
  return text.split(/\r?\n/).flatMap((line): Problem[] => {
    const { path, line: at, kind, code, message } = (IN_BRACKETS.exec(line) ?? WITH_COLONS.exec(line))?.groups ?? {}
    if (!path || !message || kind === 'note') return []
    const severity = kind === 'warning' ? 'warning' : 'error'
    const inside = relative(workspace, resolve(workspace, path))
    return [{ path: inside, line: Number(at), message: message.trim(), severity, ...(code && { code }) }]
  })
}
