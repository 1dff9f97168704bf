// A model that answers as badly as models do. It writes its calls as a provider would: arguments are a text, which may be cut
// off, and ids and names are whatever it likes.
import type { BaseLanguageModelInput } from '@langchain/core/language_models/base'
import { BaseChatModel } from '@langchain/core/language_models/chat_models'
import { AIMessage, AIMessageChunk, type BaseMessage } from '@langchain/core/messages'
import { ChatGenerationChunk, type ChatResult } from '@langchain/core/outputs'
import type { Runnable } from '@langchain/core/runnables'
import { parseArguments } from '../../models/arguments.ts'

export interface WrittenCall {
  readonly id?: string | undefined
  readonly name: string
  /** As it was written. */
  readonly args: string
}

export type Written = { readonly text: string; readonly calls?: readonly WrittenCall[] } | { readonly error: string }

/** What the model writes when it is sent these messages. */
export type Writes = (messages: readonly BaseMessage[]) => Promise<Written>

export class UnrulyModel extends BaseChatModel {
  readonly #writes: Writes

  constructor(writes: Writes) {
    super({})
    this.#writes = writes
  }

  override _llmType(): string {
    return 'unruly'
  }

  override bindTools(): Runnable<BaseLanguageModelInput, AIMessageChunk> {
    return this as unknown as Runnable<BaseLanguageModelInput, AIMessageChunk>
  }

  override async _generate(messages: BaseMessage[]): Promise<ChatResult> {
    const { text, calls } = await this.#written(messages)
    const read = calls.map((call) => ({ ...call, parsed: parseArguments(call.args) }))
    const message = new AIMessage({
      content: text,
      tool_calls: read.flatMap(({ id, name, parsed }) =>
        parsed.ok ? [{ name, args: parsed.args, type: 'tool_call' as const, ...(id !== undefined && { id }) }] : []
      ),
      invalid_tool_calls: read.flatMap(({ id, name, args, parsed }) =>
        parsed.ok ? [] : [{ name, args, error: parsed.error, ...(id !== undefined && { id }) }]
      )
    })
    return { generations: [{ text, message }] }
  }

  override async *_streamResponseChunks(messages: BaseMessage[]): AsyncGenerator<ChatGenerationChunk> {
    const { text, calls } = await this.#written(messages)
    yield new ChatGenerationChunk({ text, message: new AIMessageChunk({ content: text }) })
    for (const [index, { id, name, args }] of calls.entries()) {
      const half = Math.floor(args.length / 2)
      yield piece({ index, name, args: args.slice(0, half), ...(id !== undefined && { id }) })
      yield piece({ index, args: args.slice(half) })
    }
  }

  async #written(messages: BaseMessage[]): Promise<{ text: string; calls: readonly WrittenCall[] }> {
    const written = await this.#writes(messages)
    if ('error' in written) throw new Error(written.error)
    return { text: written.text, calls: written.calls ?? [] }
  }
}

function piece(part: { index: number; name?: string; args: string; id?: string }): ChatGenerationChunk {
  return new ChatGenerationChunk({ text: '', message: new AIMessageChunk({ content: '', tool_call_chunks: [part] }) })
}
