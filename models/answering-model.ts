import type { CallbackManagerForLLMRun } from '@langchain/core/callbacks/manager'
import type { BaseLanguageModelInput } from '@langchain/core/language_models/base'
import { BaseChatModel, type BindToolsInput } from '@langchain/core/language_models/chat_models'
import type { AIMessage, AIMessageChunk, BaseMessage } from '@langchain/core/messages'
import type { ChatGenerationChunk, ChatResult } from '@langchain/core/outputs'
import type { Runnable } from '@langchain/core/runnables'
import { piecesOf } from './pieces.ts'
import { toolName } from './tool-name.ts'

/** Gives the whole reply to a conversation. */
export type Answer = (
  messages: readonly BaseMessage[],
  request: { readonly tools: readonly string[]; readonly signal: AbortSignal | undefined }
) => Promise<AIMessage>

/** A chat model that knows its whole reply at once. Streamed it comes in pieces, and adds up to the same message. */
export class AnsweringModel extends BaseChatModel {
  readonly #answer: Answer
  readonly #tools: readonly string[]

  constructor(answer: Answer, tools: readonly string[] = []) {
    super({})
    this.#answer = answer
    this.#tools = tools
  }

  override _llmType(): string {
    return 'answering'
  }

  override bindTools(tools: BindToolsInput[]): Runnable<BaseLanguageModelInput, AIMessageChunk> {
    return new AnsweringModel(this.#answer, tools.map(toolName))
  }

  override async _generate(messages: BaseMessage[], options: this['ParsedCallOptions']): Promise<ChatResult> {
    const message = await this.#answer(messages, { tools: this.#tools, signal: options.signal })
    return { generations: [{ text: message.text, message }] }
  }

  override async *_streamResponseChunks(
    messages: BaseMessage[],
    options: this['ParsedCallOptions'],
    run?: CallbackManagerForLLMRun
  ): AsyncGenerator<ChatGenerationChunk> {
    for (const chunk of piecesOf(await this.#answer(messages, { tools: this.#tools, signal: options.signal }))) {
      yield chunk
      await run?.handleLLMNewToken(chunk.text, undefined, undefined, undefined, undefined, { chunk })
    }
  }
}
