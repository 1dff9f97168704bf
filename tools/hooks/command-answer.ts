// What a command has to say, by its exit code:
// 0  what it answers: the JSON object on the last line of its output. Other lines are its own business; no such line is no answer.
// 2  no. Why is what it said on its error output.
// Anything else, a signal, a limit or too much output: it has failed.
import { RuntimeError, unreachable } from '../../state/errors.ts'
import type { HookAnswer } from '../../state/hooks.ts'
import { cutAt } from '../coding/cut.ts'
import type { KeptOutput } from '../coding/kept-output.ts'
import type { Ending } from '../coding/run-command.ts'

export interface Spoken {
  readonly ending: Ending
  readonly output: KeptOutput
  readonly errors: KeptOutput
  readonly timeoutMs: number
  /** Takes secrets out. */
  readonly redact: (text: string) => string
}

const DENIES = 2
const LONGEST_REASON = 2000

/** The answer of a command; that it fits is for others to see. @throws RuntimeError TOOL_FAILED, TIME_LIMIT */
export function commandAnswer({ ending, output, errors, timeoutMs, redact }: Spoken): unknown {
  const why = cutAt(redact(errors.text()).trim(), LONGEST_REASON)
  switch (ending.kind) {
    case 'timed-out':
      throw new RuntimeError('TIME_LIMIT', `it was not done after ${timeoutMs} ms and was ended`)
    case 'limited':
      throw new RuntimeError('TOOL_FAILED', `it took ${ending.limit} and was ended`)
    case 'killed':
      throw new RuntimeError('TOOL_FAILED', `it was killed by ${ending.signal}`)
    case 'exited':
      if (ending.code === DENIES) return { verdict: 'deny', ...(why && { reason: why }) } satisfies HookAnswer
      if (ending.code !== 0) throw new RuntimeError('TOOL_FAILED', `exit code ${ending.code}${why && `: ${why}`}`)
      if (output.isCut()) throw new RuntimeError('TOOL_FAILED', 'it said too much to be an answer')
      return lastObject(redact(output.text()))
    default:
      return unreachable(ending)
  }
}

/** The whole output where that is an object, or else its last line. */
function lastObject(text: string): unknown {
  const whole = text.trim()
  const last = whole.slice(whole.lastIndexOf('\n') + 1).trim()
  const parsed = asJson(whole) ?? asJson(last)
  if (parsed !== undefined) return parsed
  if (!last.startsWith('{')) return undefined
  throw new RuntimeError('TOOL_FAILED', 'its answer is no JSON')
}

function asJson(text: string): object | undefined {
  if (!text.startsWith('{')) return undefined
  try {
    return JSON.parse(text) as object
  } catch {
    return undefined
  }
}
