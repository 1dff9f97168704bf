import { randomUUID } from 'node:crypto'
import { appendFileSync, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import type { CallbackManagerForLLMRun } from '@langchain/core/callbacks/manager'
import type { BaseLanguageModelInput } from '@langchain/core/language_models/base'
import { BaseChatModel, type BindToolsInput } from '@langchain/core/language_models/chat_models'
import type { AIMessageChunk, BaseMessage } from '@langchain/core/messages'
import { ChatGenerationChunk, type ChatResult } from '@langchain/core/outputs'
import type { Runnable } from '@langchain/core/runnables'
import { RuntimeError } from '../state/errors.ts'
import { type Recording, recordedReply } from './recording.ts'
import { requestOf } from './request.ts'
import { toolName } from './tool-name.ts'
import { wholeMessage } from './whole-message.ts'

/** The model, with every reply appended to the recording at `path`. Agents that run side by side may share the file. */
export function record(model: BaseChatModel, path: string): BaseChatModel {
  mkdirSync(dirname(path), { recursive: true })
  return new RecordingModel({ model, path, callable: model, tools: [] })
}

interface Recorded {
  readonly model: BaseChatModel
  readonly path: string
  /** The model with its tools. */
  readonly callable: Runnable<BaseLanguageModelInput, AIMessageChunk>
  readonly tools: readonly string[]
}

/** The run is this model's own: the one inside is called without callbacks, or every token would be seen twice. */
class RecordingModel extends BaseChatModel {
  readonly #recorded: Recorded

  constructor(recorded: Recorded) {
    super({})
    this.#recorded = recorded
  }

  override _llmType(): string {
    return 'recording'
  }

  override bindTools(tools: BindToolsInput[]): Runnable<BaseLanguageModelInput, AIMessageChunk> {
    const { model } = this.#recorded
    if (!model.bindTools) throw new RuntimeError('MODEL_FAILED', `${model.getName()} cannot be given tools`)
    return new RecordingModel({ ...this.#recorded, callable: model.bindTools(tools), tools: tools.map(toolName) })
  }

  override async _generate(messages: BaseMessage[], options: this['ParsedCallOptions']): Promise<ChatResult> {
    const message = await this.#recorded.callable.invoke(messages, { ...options, callbacks: [] })
    append(this.#recorded, { messages, reply: message })
    return { generations: [{ text: message.text, message }] }
  }

  override async *_streamResponseChunks(
    messages: BaseMessage[],
    options: this['ParsedCallOptions'],
    run?: CallbackManagerForLLMRun
  ): AsyncGenerator<ChatGenerationChunk> {
    let reply: AIMessageChunk | undefined
    for await (const message of await this.#recorded.callable.stream(messages, { ...options, callbacks: [] })) {
      reply = reply ? reply.concat(message) : message
      const chunk = new ChatGenerationChunk({ message, text: message.text })
      yield chunk
      await run?.handleLLMNewToken(chunk.text, undefined, undefined, undefined, undefined, { chunk })
    }
    if (reply) append(this.#recorded, { messages, reply })
  }
}

/** One write for a line, so that lines of different writers never mix. */
function append({ path, tools }: Recorded, pair: { messages: BaseMessage[]; reply: AIMessageChunk }): void {
  const reply = recordedReply(wholeMessage(pair.reply, { messages: pair.messages, ids: randomUUID, tools }))
  const line: Recording = { request: requestOf(pair.messages, tools), reply }
  appendFileSync(path, `${JSON.stringify(line)}\n`)
}
