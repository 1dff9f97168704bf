// When an agent goes round in circles: it makes the same calls again and they have the same results again. A step is a reply
// with calls, and their results.
// L1. Results count as much as calls: who asks again and hears something new polls, and is in no circle. Nothing in a result is
//     overlooked, a time or a counter neither. A result that was cut off names its own call; that alone is no difference.
// L2. Calls that were made side by side have no order.
// L3. Only steps at the end of the present turn count, and only since somebody last spoke: who steers starts the count anew.
import {
  type AIMessage,
  type BaseMessage,
  isAIMessage,
  isToolMessage,
  type ToolMessage
} from '@langchain/core/messages'
import { canonical } from './canonical.ts'

export interface Repetition {
  /** The calls of one round, in order. */
  readonly calls: readonly { readonly name: string; readonly args: Record<string, unknown> }[]
  /** How many rounds there have been. */
  readonly times: number
  /** How many steps make a round. */
  readonly period: number
}

/** Fewer rounds are no circle yet. */
const ROUNDS = 3
/** More steps are not looked for in one round. */
const LONGEST_ROUND = 4

/** The circle in which the last steps went, the smallest there is; undefined where they did not, or are not all settled. */
export function repetition(messages: readonly BaseMessage[]): Repetition | undefined {
  const steps = stepsFromTheEnd(messages)
  for (let period = 1; period <= LONGEST_ROUND; period++) {
    const times = rounds(steps, period)
    if (times < ROUNDS) continue
    const round = Array.from({ length: period }, (_, place) => steps(period - 1 - place)!)
    return { calls: round.flatMap(({ calls }) => calls), times, period }
  }
  return undefined
}

interface Step {
  readonly calls: Repetition['calls']
  /** The same for steps with the same calls and results. */
  readonly key: string
  /** Where its reply stands. */
  readonly start: number
}

/** Gives steps by their place, 0 the last. Each is read when it is first asked for: mostly that are few. */
type Steps = (place: number) => Step | undefined

function stepsFromTheEnd(messages: readonly BaseMessage[]): Steps {
  const read: Step[] = []
  return (place) => {
    while (read.length <= place) {
      const step = stepBefore(read.at(-1)?.start ?? messages.length, messages)
      if (!step) return undefined
      read.push(step)
    }
    return read[place]
  }
}

function rounds(steps: Steps, period: number): number {
  let repeated = 0
  while (steps(repeated + period) && steps(repeated)!.key === steps(repeated + period)!.key) repeated++
  return Math.floor(repeated / period) + 1
}

/** The step whose results end before `end`; undefined where something else stands there, or a result is missing. */
function stepBefore(end: number, messages: readonly BaseMessage[]): Step | undefined {
  const results = new Map<string, ToolMessage>()
  let start = end - 1
  for (; start >= 0; start--) {
    const message = messages[start]!
    if (!isToolMessage(message)) break
    results.set(message.tool_call_id, message)
  }
  const reply = messages[start]
  if (!reply || !isAIMessage(reply) || !reply.tool_calls?.length) return undefined
  if (!reply.tool_calls.every((call) => results.has(call.id!))) return undefined
  const keys = reply.tool_calls.map((call) => keyOf(call, results.get(call.id!)!))
  const calls = reply.tool_calls.map(({ name, args }) => ({ name, args }))
  return { calls, key: keys.sort().join('\n'), start }
}

function keyOf({ id, name, args }: NonNullable<AIMessage['tool_calls']>[number], result: ToolMessage): string {
  return canonical([name, args, result.status ?? 'success', result.content]).replaceAll(`call_id \\"${id}\\"`, '')
}
