import { randomUUID } from 'node:crypto'
import type { BaseLanguageModelInput } from '@langchain/core/language_models/base'
import type { BaseChatModel } from '@langchain/core/language_models/chat_models'
import { AIMessage, type AIMessageChunk, type BaseMessage } from '@langchain/core/messages'
import type { Runnable } from '@langchain/core/runnables'
import type { ModelPort, ModelRequest, ToolSpec } from '../state/context.ts'
import { RuntimeError } from '../state/errors.ts'
import { callAssembly } from './call-assembly.ts'
import { type Conversation, callIdentities } from './call-identities.ts'
import { streamedReply } from './streamed-reply.ts'
import { usageField, usageMetadataOf } from './usage-metadata.ts'
import { usageOf } from './usage-of.ts'
import { unusedId, wholeMessage } from './whole-message.ts'
import { tellingCalls } from './written-calls.ts'

type Callable = Runnable<BaseLanguageModelInput, AIMessageChunk>

interface Options {
  /** Ids for calls that came without one, in a message that has none either. */
  readonly ids?: () => string
}

/** The port over any LangChain model. One that is given as a function is made when it is first needed. */
export function metered(model: BaseChatModel | (() => Promise<BaseChatModel>), options: Options = {}): ModelPort {
  const ids = options.ids ?? randomUUID
  const connected = typeof model === 'function' ? once(model) : () => model
  const bindings = {
    auto: new WeakMap<readonly ToolSpec[], Callable>(),
    none: new WeakMap<readonly ToolSpec[], Callable>()
  }

  return {
    async reply(messages, { tools, config, thread = messages, onText, onCall, onUsage, noCalls = false }) {
      const choice = noCalls ? 'none' : 'auto'
      let callable = bindings[choice].get(tools)
      if (!callable) {
        callable = withTools(await connected(), { tools, choice })
        bindings[choice].set(tools, callable)
      }
      const sent = messages as BaseMessage[] // LangChain reads it and declares it mutable
      const conversation = { messages: thread, ids, tools: tools.map(({ name }) => name) }
      const listening =
        onText || onCall ? listener({ onText, onCall: noCalls ? undefined : onCall, conversation }) : undefined
      const reply = listening
        ? await streamedReply(callable.stream(sent, config), { ...listening, onBreak: onUsage, signal: config.signal })
        : await callable.invoke(sent, config)
      const message = wholeMessage(reply, { ...conversation, ...listening?.streamed })
      const usage = usageOf(message)
      onUsage?.(usage)
      return { message: noCalls ? withoutCalls(message) : message, usage }
    }
  }
}

interface Listening {
  readonly onText: ModelRequest['onText'] | undefined
  readonly onCall: ModelRequest['onCall'] | undefined
  readonly conversation: Conversation
}

/** Hears a streamed reply, and tells of it as it comes. */
function listener({ onText, onCall, conversation }: Listening) {
  const { calls: written, add } = callAssembly()
  const identify = callIdentities(conversation)
  const tellCalls = onCall && tellingCalls({ calls: written, identify, tell: onCall })
  return {
    streamed: { written, identify },
    onChunk(chunk: AIMessageChunk, whole: AIMessageChunk) {
      const pieces = chunk.tool_call_chunks ?? []
      for (const piece of pieces) add(piece)
      if (onText && chunk.text) onText(chunk.text)
      if (pieces.length > 0) tellCalls?.(unusedId(whole.id, conversation.messages))
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

/** Not every model does as it is told. */
function withoutCalls(message: AIMessage): AIMessage {
  if (!message.tool_calls?.length) return message
  const { id, text, response_metadata } = message
  return new AIMessage({ ...(id && { id }), content: text, response_metadata, ...usageField(usageMetadataOf(message)) })
}

function withTools(
  model: BaseChatModel,
  { tools: specs, choice }: { tools: readonly ToolSpec[]; choice: 'auto' | 'none' }
): Callable {
  if (specs.length === 0) return model
  if (!model.bindTools) throw new RuntimeError('MODEL_FAILED', `${model.getName()} cannot be given tools`)
  const tools = specs.map(({ name, description, schema }) => ({
    type: 'function',
    function: { name, description, parameters: schema }
  }))
  return model.bindTools(tools, choice === 'none' ? { tool_choice: 'none' } : {})
}
