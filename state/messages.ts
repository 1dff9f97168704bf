import {
  type AIMessage,
  type BaseMessage,
  isAIMessage,
  isHumanMessage,
  isToolMessage,
  ToolMessage,
  type UsageMetadata
} from '@langchain/core/messages'
import { messagesStateReducer } from '@langchain/langgraph'

/** What a node or a caller may write to the conversation: one message or several, also as `{ role, content }`. */
export type MessageWrites = Parameters<typeof messagesStateReducer>[1]

/** LangGraph's reducer; then the results of the last message with calls stand in the order of its calls. */
export function mergeMessages(messages: BaseMessage[], writes: MessageWrites): BaseMessage[] {
  const merged = messagesStateReducer(messages, writes)
  const start = resultsStart(merged)
  const caller = merged[start - 1]
  if (merged.length - start < 2 || !caller || !isAIMessage(caller)) return merged
  const place = new Map(caller.tool_calls?.map((call, index) => [call.id, index]))
  const placeOf = (message: BaseMessage) => place.get((message as ToolMessage).tool_call_id) ?? place.size
  return [...merged.slice(0, start), ...merged.slice(start).sort((a, b) => placeOf(a) - placeOf(b))]
}

/** Where the run of tool results at the end of the list begins. */
function resultsStart(messages: readonly BaseMessage[]): number {
  let start = messages.length
  while (start > 0 && isToolMessage(messages[start - 1]!)) start--
  return start
}

/** The last message of the model. */
export function lastReply(messages: readonly BaseMessage[]): AIMessage | undefined {
  for (let at = messages.length - 1; at >= 0; at--) {
    const message = messages[at]!
    if (isAIMessage(message)) return message
  }
  return undefined
}

/** The calls of the last reply that have no result yet, in order. */
export function unsettledCalls(messages: readonly BaseMessage[]): NonNullable<AIMessage['tool_calls']> {
  const start = resultsStart(messages)
  const caller = messages[start - 1]
  if (!caller || !isAIMessage(caller)) return []
  const settled = new Set(messages.slice(start).map((message) => (message as ToolMessage).tool_call_id))
  return (caller.tool_calls ?? []).filter((call) => !settled.has(call.id!))
}

/** A person, or the parent, spoke; a message that steers a turn under way begins none. */
export function beginsTurn(message: BaseMessage): boolean {
  return isHumanMessage(message) && message.additional_kwargs.steer !== true
}

/** The messages of the present turn, the one that began it first. */
export function thisTurn(messages: readonly BaseMessage[]): readonly BaseMessage[] {
  return messages.slice(Math.max(0, messages.findLastIndex(beginsTurn)))
}

/** Somebody told the agent to end this turn with what it has. */
export function wrapsUp(messages: readonly BaseMessage[]): boolean {
  return thisTurn(messages).some(({ additional_kwargs }) => additional_kwargs.wrapUp === true)
}

/** The tokens that the model's replies of this turn report. */
export function tokensThisTurn(messages: readonly BaseMessage[]): number {
  return thisTurn(messages).reduce((sum, message) => {
    const used = isAIMessage(message) ? (message.usage_metadata as UsageMetadata | undefined) : undefined
    return sum + (used?.input_tokens ?? 0) + (used?.output_tokens ?? 0)
  }, 0)
}

/** The last words of the model in this turn; undefined where it has said nothing. */
export function lastWords(messages: readonly BaseMessage[]): string | undefined {
  return thisTurn(messages).findLast((message) => isAIMessage(message) && message.text.trim() !== '')?.text
}

/** How many times the model has replied since a person, or the parent, last spoke. */
export function repliesThisTurn(messages: readonly BaseMessage[]): number {
  return thisTurn(messages).filter(isAIMessage).length
}

/** The id of the message that began this turn; empty where nobody has spoken. */
export function turnOf(messages: readonly BaseMessage[]): string {
  return messages.findLast(beginsTurn)?.id ?? ''
}

const sizes = new WeakMap<BaseMessage, number>()

/** Characters of text and arguments in a message: the measure of `limits.view`. Messages in state do not change. */
export function sizeOf(message: BaseMessage): number {
  const known = sizes.get(message)
  if (known !== undefined) return known
  const size = measured(message)
  sizes.set(message, size)
  return size
}

function measured(message: BaseMessage): number {
  const text = typeof message.content === 'string' ? message.content.length : JSON.stringify(message.content).length
  if (!isAIMessage(message) || !message.tool_calls?.length) return text
  return text + JSON.stringify(message.tool_calls).length
}

/**
 * The messages from the one with the id `from` on; all of them where it is not set or gone. A view that would begin with
 * the model's own words begins with what the model was last told before them.
 */
export function inView(messages: readonly BaseMessage[], from: string | undefined): readonly BaseMessage[] {
  if (from === undefined) return messages
  const start = messages.findIndex((message) => message.id === from)
  if (start <= 0) return messages
  const view = messages.slice(start)
  const opening = isHumanMessage(view[0]!) ? undefined : messages.slice(0, start).findLast(isHumanMessage)
  return opening ? [opening, ...view] : view
}

/**
 * Where a view of at most `size` characters may begin: the id of the earliest message after `from` that fits and does not
 * part a result from its call. Undefined where the present view fits, or where nothing later may begin one.
 */
export function laterView(
  messages: readonly BaseMessage[],
  { from, size }: { from: string | undefined; size: number }
): string | undefined {
  const view = inView(messages, from)
  if (view.reduce((sum, message) => sum + sizeOf(message), 0) <= size) return undefined
  let left = size / 2
  let cut: string | undefined
  for (const message of [...view].reverse()) {
    left -= sizeOf(message)
    if (left < 0 && cut !== undefined) break
    if (!isToolMessage(message)) cut = message.id
  }
  return cut === from || cut === view[0]?.id ? undefined : cut
}

/**
 * The list with calls and results in pairs: each call is followed by exactly one result, in order; results without a call
 * are left out; a call whose run is gone is answered as cancelled. Returns the same array where nothing is amiss.
 */
export function paired(messages: readonly BaseMessage[]): readonly BaseMessage[] {
  if (isPaired(messages)) return messages
  const results = new Map<string, ToolMessage>()
  for (const message of messages) if (isToolMessage(message)) results.set(message.tool_call_id, message)
  return messages.flatMap((message) => {
    if (isToolMessage(message)) return []
    if (!isAIMessage(message) || !message.tool_calls?.length) return [message]
    return [message, ...message.tool_calls.map((call) => results.get(call.id!) ?? neverRan(call.id!, call.name))]
  })
}

function isPaired(messages: readonly BaseMessage[]): boolean {
  let expected: readonly { id?: string }[] = []
  let next = 0
  for (const message of messages) {
    if (isToolMessage(message)) {
      if (message.tool_call_id !== expected[next++]?.id) return false
      continue
    }
    if (next !== expected.length) return false
    expected = isAIMessage(message) ? (message.tool_calls ?? []) : []
    next = 0
  }
  return next === expected.length
}

function neverRan(callId: string, name: string): ToolMessage {
  return new ToolMessage({
    tool_call_id: callId,
    name,
    status: 'error',
    content: 'RUN_CANCELLED: the run was stopped before this call had a result; whether it had an effect is not known.'
  })
}
