// Providers differ: chunks or messages, calls in two lists, ids missing or used again. Behind this file a reply is one thing:
// W1. A plain AIMessage, which a checkpoint keeps like any other.
// W2. Every call stands in `tool_calls`, with an id and an object of arguments.
// W3. Arguments that are not a whole JSON object are never guessed at: LangChain completes JSON that was cut off, and half a
//     path is a path. The call has none then, and `malformedOf` has the text. Slips of form that have one meaning only are
//     mended (mended-json.ts).
// W4. No id is taken from an earlier message: LangGraph would replace that one. Calls get their ids and names in
//     call-identities.ts. Where the content names a call by its id, it gets the new one there as well.
import { AIMessage, AIMessageChunk, type BaseMessage } from '@langchain/core/messages'
import { v5 } from '@langchain/core/utils/uuid'
import { asArguments, parseArguments } from './arguments.ts'
import { callAssembly, type WrittenCall } from './call-assembly.ts'
import { type CallIdentities, type Conversation, callIdentities, NAMESPACE } from './call-identities.ts'
import type { Malformed } from './malformed.ts'
import { usageField, usageMetadataOf } from './usage-metadata.ts'

type ToolCall = NonNullable<AIMessage['tool_calls']>[number]

/** A call as it came; `text` is what the model wrote as its arguments, where that is known. */
interface RawCall {
  readonly id: string | undefined
  readonly name: string
  readonly args: unknown
  readonly text: string | undefined
}

/** What is known of a reply that was streamed. */
interface Streamed {
  /** Its calls, where they came in pieces. */
  readonly written?: readonly WrittenCall[]
  /** What they are known by already. */
  readonly identify?: CallIdentities
}

export function wholeMessage(
  reply: AIMessage | AIMessageChunk,
  { written, identify, ...conversation }: Conversation & Streamed
): AIMessage {
  const id = unusedId(reply.id, conversation.messages)
  const identityOf = identify ?? callIdentities(conversation)
  const malformed: Record<string, Malformed> = {}
  const calls: ToolCall[] = []
  const raws = rawCalls(reply, written)
  for (const [place, raw] of raws.entries()) {
    const { id: callId, name } = identityOf(raw, { place, messageId: id })
    const read = raw.text === undefined ? asArguments(raw.args) : parseArguments(raw.text)
    if (!read.ok) malformed[callId] = { text: raw.text ?? JSON.stringify(raw.args), error: read.error }
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

/** What came in pieces is taken from the pieces: LangChain's own reading of them guesses, and mixes up some. */
function rawCalls(reply: AIMessage | AIMessageChunk, streamed: readonly WrittenCall[] = []): RawCall[] {
  const written = streamed.length > 0 ? streamed : piecesIn(reply)
  if (written.length > 0) return written.map((call) => ({ ...call, args: undefined }))
  const calls: RawCall[] = []
  for (const { id, name, args } of reply.tool_calls ?? []) calls.push({ id, name, args, text: undefined })
  for (const { id, name, args } of reply.invalid_tool_calls ?? [])
    calls.push({ id, name: name ?? '', args: undefined, text: args ?? '' })
  return calls
}

function piecesIn(reply: AIMessage | AIMessageChunk): readonly WrittenCall[] {
  const assembly = callAssembly()
  if (AIMessageChunk.isInstance(reply)) for (const piece of reply.tool_call_chunks ?? []) assembly.add(piece)
  return assembly.calls
}

/** The id, or another where a message of the conversation has it. */
export function unusedId(id: string | undefined, messages: readonly BaseMessage[]): string | undefined {
  if (id === undefined || !messages.some((message) => message.id === id)) return id
  return v5(`${id}:${messages.length}`, NAMESPACE)
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
