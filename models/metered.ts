import { randomUUID } from 'node:crypto'
import type { BaseLanguageModelInput } from '@langchain/core/language_models/base'
import type { BaseChatModel } from '@langchain/core/language_models/chat_models'
import type { AIMessageChunk, BaseMessage } from '@langchain/core/messages'
import type { Runnable } from '@langchain/core/runnables'
import type { ModelPort, ToolSpec } from '../state/context.ts'
import { RuntimeError } from '../state/errors.ts'
import { usageOf } from './usage-of.ts'
import { wholeMessage } from './whole-message.ts'

type Callable = Runnable<BaseLanguageModelInput, AIMessageChunk>

interface Options {
  /** Ids for calls that came without one, in a message that has none either. */
  readonly ids?: () => string
}

/** The port over any LangChain model. One that is given as a function is made when it is first needed. */
export function metered(model: BaseChatModel | (() => Promise<BaseChatModel>), options: Options = {}): ModelPort {
  const ids = options.ids ?? randomUUID
  const connected = typeof model === 'function' ? once(model) : () => model
  const bindings = new WeakMap<readonly ToolSpec[], Callable>()

  return {
    async reply(messages, { tools, config, thread = messages, onText }) {
      let callable = bindings.get(tools)
      if (!callable) {
        callable = withTools(await connected(), tools)
        bindings.set(tools, callable)
      }
      const sent = messages as BaseMessage[] // LangChain reads it and declares it mutable
      const reply = onText ? await streamed(callable.stream(sent, config), onText) : await callable.invoke(sent, config)
      const message = wholeMessage(reply, { messages: thread, ids, tools: tools.map(({ name }) => name) })
      return { message, usage: usageOf(message) }
    }
  }
}

/** The model that `make` gives, made once; where it failed the next caller tries again. */
function once(make: () => Promise<BaseChatModel>): () => Promise<BaseChatModel> {
  let made: Promise<BaseChatModel> | undefined
  return () => {
    made ??= make().catch((error) => {
      made = undefined
      throw error
    })
    return made
  }
}

function withTools(model: BaseChatModel, specs: readonly ToolSpec[]): Callable {
  if (specs.length === 0) return model
  if (!model.bindTools) throw new RuntimeError('MODEL_FAILED', `${model.getName()} cannot be given tools`)
  const tools = specs.map(({ name, description, schema }) => ({
    type: 'function',
    function: { name, description, parameters: schema }
  }))
  return model.bindTools(tools)
}

async function streamed(
  stream: Promise<AsyncIterable<AIMessageChunk>>,
  onText: (text: string) => void
): Promise<AIMessageChunk> {
  let whole: AIMessageChunk | undefined
  for await (const chunk of await stream) {
    const text = chunk.text
    if (text) onText(text)
    whole = whole ? whole.concat(chunk) : chunk
  }
  if (!whole) throw new RuntimeError('MODEL_FAILED', 'the model sent an empty reply')
  return whole
}
