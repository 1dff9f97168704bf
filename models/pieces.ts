import { type AIMessage, AIMessageChunk } from '@langchain/core/messages'
import { ChatGenerationChunk } from '@langchain/core/outputs'
import { usageField, usageMetadataOf } from './usage-metadata.ts'

const WORDS = /\s*\S+|\s+$/g

/** A message as a provider would have streamed it: word by word, call by call, the usage last. */
export function* piecesOf(message: AIMessage): Generator<ChatGenerationChunk> {
  const id = message.id === undefined ? {} : { id: message.id }
  if (typeof message.content === 'string') {
    for (const word of message.content.match(WORDS) ?? [])
      yield piece(new AIMessageChunk({ ...id, content: word }), word)
  } else {
    yield piece(new AIMessageChunk({ ...id, content: message.content }), message.text)
  }
  for (const [index, call] of (message.tool_calls ?? []).entries()) {
    const part = {
      index,
      name: call.name,
      args: JSON.stringify(call.args),
      ...(call.id !== undefined && { id: call.id })
    }
    yield piece(new AIMessageChunk({ ...id, content: '', tool_call_chunks: [part] }))
  }
  yield piece(
    new AIMessageChunk({
      ...id,
      content: '',
      additional_kwargs: message.additional_kwargs,
      response_metadata: message.response_metadata,
      ...usageField(usageMetadataOf(message))
    })
  )
}

function piece(message: AIMessageChunk, text = ''): ChatGenerationChunk {
  return new ChatGenerationChunk({ message, text })
}
