import { type BaseMessage, isAIMessage, isHumanMessage, isToolMessage } from '@langchain/core/messages'

/** A call of this turn with what came of it. */
export interface Answered {
  readonly name: string
  readonly args: Readonly<Record<string, unknown>>
  readonly output: string
  readonly ok: boolean
}

/** What this turn is about: the words of the person, or of the agent above. */
export function taskOf(messages: readonly BaseMessage[]): string {
  return messages.findLast(isHumanMessage)?.text ?? ''
}

/** The calls of this turn that have their result, in order. */
export function answeredCalls(messages: readonly BaseMessage[]): Answered[] {
  const turn = messages.slice(messages.findLastIndex(isHumanMessage) + 1)
  const results = new Map(turn.filter(isToolMessage).map((result) => [result.tool_call_id, result]))
  return turn
    .filter(isAIMessage)
    .flatMap((message) => message.tool_calls ?? [])
    .flatMap(({ id, name, args }) => {
      const result = results.get(id ?? '')
      return result ? [{ name, args, output: result.text, ok: result.status !== 'error' }] : []
    })
}

/** The command that a task names, between backticks. */
export function commandIn(task: string): string | undefined {
  return /`([^`]+)`/.exec(task)?.[1]
}
