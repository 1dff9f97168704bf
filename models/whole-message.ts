// Providers differ: chunks or messages, calls in two lists, ids missing or used again. Behind this file a reply is one thing:
// W1. A plain AIMessage, which a checkpoint keeps like any other.
// W2. Every call stands in `tool_calls`, with an id and an object of arguments.
// W3. Arguments that are not a whole JSON object are never guessed at: LangChain completes JSON that was cut off, and half a
//     path is a path. The call has none then, and `malformedOf` has the text. Slips of form that have one meaning only are
//     mended (mended-json.ts).
// W4. No id is taken from an earlier message or call: LangGraph would replace that message, and a call's results, children and
//     approvals are found by its id. Where the content names the call by the id, it gets the new one there as well.
// W5. A call bears the name of the one tool that it can mean, before any policy sees it.
// W6. Ids and names of calls are such that every provider takes them back. A name that the model was given stays as it is.
import { AIMessage, AIMessageChunk, type BaseMessage, isAIMessage, isToolMessage } from '@langchain/core/messages'
import { v5 } from '@langchain/core/utils/uuid'
import { asArguments, parseArguments } from './arguments.ts'
import type { Malformed } from './malformed.ts'
import { meantTool } from './meant-tool.ts'
import { usageField, usageMetadataOf } from './usage-metadata.ts'

const NAMESPACE = '0d6cbb54-6a53-5b0c-9d5c-6f8b1f6a2c11'

type ToolCall = NonNullable<AIMessage['tool_calls']>[number]

/** A call as it came; `text` is what the model wrote as its arguments, where that is known. */
interface RawCall {
  readonly id: string | undefined
  readonly name: string
  readonly args: unknown
  readonly text: string | undefined
}

interface Conversation {
  /** The messages before the reply: their ids are taken. */
  readonly messages: readonly BaseMessage[]
  /** Ids for calls of a message that has none itself. */
  readonly ids: () => string
  /** The names of the tools that the model was told of. */
  readonly tools?: readonly string[]
}

export function wholeMessage(reply: AIMessage | AIMessageChunk, conversation: Conversation): AIMessage {
  const id = unusedId(reply.id, conversation.messages)
  const malformed: Record<string, Malformed> = {}
  const calls: ToolCall[] = []
  const raws = rawCalls(reply)
  for (const raw of raws) {
    const callId = callIdOf(raw, { id, place: calls.length, taken: calls, conversation })
    const read = raw.text === undefined ? asArguments(raw.args) : parseArguments(raw.text)
    if (!read.ok) malformed[callId] = { text: raw.text ?? JSON.stringify(raw.args), error: read.error }
    const name = nameOf(raw, conversation.tools ?? [])
    calls.push({ id: callId, name, args: read.ok ? read.args : {}, type: 'tool_call' })
  }
  const { tool_calls: _asSent, ...kwargs } = reply.additional_kwargs
  return new AIMessage({
    content: withCallIds(reply.content, { raws, calls }),
    tool_calls: calls,
    additional_kwargs: Object.keys(malformed).length ? { ...kwargs, malformed } : kwargs,
    response_metadata: reply.response_metadata,
    ...(id !== undefined && { id }),
    ...(reply.name !== undefined && { name: reply.name }),
    ...usageField(usageMetadataOf(reply))
  })
}

function rawCalls(reply: AIMessage | AIMessageChunk): RawCall[] {
  const textOf = textsOf(reply)
  const calls: RawCall[] = []
  for (const call of reply.tool_calls ?? [])
    calls.push({ id: call.id, name: call.name, args: call.args, text: textOf(call.id) })
  for (const call of reply.invalid_tool_calls ?? [])
    calls.push({ id: call.id, name: call.name ?? '', args: undefined, text: call.args ?? '' })
  return calls
}

/** Gives the arguments of a streamed call as they arrived; those of calls with the same id one after the other. */
function textsOf(reply: AIMessage | AIMessageChunk): (callId: string | undefined) => string | undefined {
  const parts = AIMessageChunk.isInstance(reply) ? [...(reply.tool_call_chunks ?? [])] : []
  return (callId) => {
    const at = parts.findIndex((part) => part.id === callId)
    return at < 0 ? undefined : (parts.splice(at, 1)[0]?.args ?? '')
  }
}

function unusedId(id: string | undefined, messages: readonly BaseMessage[]): string | undefined {
  if (id === undefined || !messages.some((message) => message.id === id)) return id
  return v5(`${id}:${messages.length}`, NAMESPACE)
}

interface Place {
  readonly id: string | undefined
  readonly place: number
  readonly taken: readonly ToolCall[]
  readonly conversation: Conversation
}

/** OpenAI takes ids of up to 40 characters; Anthropic and Bedrock take no other characters. */
const ID = /^[a-zA-Z0-9_-]{1,40}$/
/** OpenAI, Gemini and Bedrock take no other names. */
const NAME = /^[a-zA-Z0-9_-]{1,64}$/

/** The id as it came, where it is one; otherwise one that the message and the place give, of 37 characters. */
function callIdOf(raw: RawCall, { id, place, taken, conversation }: Place): string {
  if (raw.id && isUsable(raw.id, taken, conversation.messages)) return raw.id
  if (id === undefined) return conversation.ids()
  return `call_${v5(`${id}:${place}`, NAMESPACE).replaceAll('-', '')}`
}

function isUsable(callId: string, taken: readonly ToolCall[], messages: readonly BaseMessage[]): boolean {
  if (!ID.test(callId) || taken.some((call) => call.id === callId)) return false
  return !messages.some((message) => isOf(message, callId))
}

/** Whether the message makes or answers the call. A call whose run was stopped may have no answer. */
function isOf(message: BaseMessage, callId: string): boolean {
  if (isToolMessage(message)) return message.tool_call_id === callId
  return isAIMessage(message) && !!message.tool_calls?.some(({ id }) => id === callId)
}

/** A name that is none of a tool, such as `functions.read`, is still the name of none when it is made to fit. */
function nameOf({ name: given }: RawCall, tools: readonly string[]): string {
  const name = meantTool(given, tools)
  if (NAME.test(name) || tools.includes(name)) return name
  const fitting = name.replace(/[^a-zA-Z0-9_-]/g, '_').slice(0, 50) || 'unnamed'
  return tools.includes(fitting) ? `${fitting}_unknown` : fitting
}

/** Content in blocks may hold the calls as well: each block that bears the id of a call gets the one that the call now has. */
function withCallIds(
  content: AIMessage['content'],
  { raws, calls }: { raws: readonly RawCall[]; calls: readonly ToolCall[] }
): AIMessage['content'] {
  if (typeof content === 'string' || raws.every(({ id }, nth) => id === calls[nth]!.id)) return content
  const blocks = [...content]
  const left = new Set(blocks.keys())
  for (const [nth, { id }] of raws.entries()) {
    const at = blocks.findIndex((block, at) => id !== undefined && left.has(at) && block.id === id)
    if (!left.delete(at)) continue
    blocks[at] = { ...blocks[at]!, id: calls[nth]!.id! }
  }
  return blocks
}
