// A model that streams exactly the pieces that it is given, however odd they are.
import type { CallbackManagerForLLMRun } from '@langchain/core/callbacks/manager'
import { BaseChatModel } from '@langchain/core/language_models/chat_models'
import { AIMessageChunk, type BaseMessage, type ToolCallChunk } from '@langchain/core/messages'
import { ChatGenerationChunk, type ChatResult } from '@langchain/core/outputs'

/** Words, or a piece of a call. */
export type Part = string | Omit<ToolCallChunk, 'type'>

/** Gives the parts of a reply as they arrive. */
export type Speech = (messages: readonly BaseMessage[]) => AsyncIterable<Part> | Iterable<Part>

export function streaming(speech: Speech): BaseChatModel {
  return new StreamingModel(speech)
}

class StreamingModel extends BaseChatModel {
  readonly #speech: Speech

  constructor(speech: Speech) {
    super({})
    this.#speech = speech
  }

  override _llmType(): string {
    return 'streaming'
  }

  override bindTools(): this {
    return this
  }

  override async _generate(): Promise<ChatResult> {
    throw new Error('this model only streams')
  }

  override async *_streamResponseChunks(
    messages: BaseMessage[],
    _options: this['ParsedCallOptions'],
    _run?: CallbackManagerForLLMRun
  ): AsyncGenerator<ChatGenerationChunk> {
    for await (const part of this.#speech(messages)) {
      const words = typeof part === 'string' ? part : ''
      const pieces =
        typeof part === 'string' ? {} : { tool_call_chunks: [{ ...part, type: 'tool_call_chunk' as const }] }
      const message = new AIMessageChunk({ content: words, ...pieces })
      yield new ChatGenerationChunk({ text: words, message })
    }
  }
}
