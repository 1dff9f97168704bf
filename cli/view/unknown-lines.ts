import type { UnknownOutcome } from '../../runtime/agent-runtime.ts'
import { duration } from './amounts.ts'
import type { Paint } from './paint.ts'
import { oneLine } from './printable.ts'

/** One line for each call: when it began, which it was and whose, and whether its model knows. */
export function unknownLines(
  calls: readonly UnknownOutcome[],
  { now, paint }: { now: number; paint: Paint }
): string[] {
  if (calls.length === 0) return ['no call has an unknown outcome']
  return calls.map(({ threadId, toolCallId, path, tool, startedAt, settled }) => {
    const began = paint.dim(`began ${duration(now - startedAt)} ago`)
    const told = settled ? 'its model was told' : 'its tree was not driven on'
    const who = oneLine(path ?? 'an unknown agent')
    return `${began}  ${who}: ${oneLine(tool)}  ${told}  thread ${threadId}, call ${oneLine(toolCallId)}`
  })
}
