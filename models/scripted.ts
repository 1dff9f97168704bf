import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { BaseChatModel } from '@langchain/core/language_models/chat_models'
import { AIMessage, type BaseMessage, isAIMessage } from '@langchain/core/messages'
import { z } from 'zod'
import { isInterlude } from '../state/accepted.ts'
import { RuntimeError } from '../state/errors.ts'
import { sizeOf } from '../state/messages.ts'
import { AnsweringModel } from './answering-model.ts'
import { usageField } from './usage-metadata.ts'

const ScriptedCall = z.object({
  name: z.string(),
  args: z.record(z.string(), z.unknown()),
  id: z.string().optional()
})

const FullReply = z.object({
  text: z.string().optional(),
  calls: z.array(ScriptedCall).optional(),
  /** Tokens; where it is absent one is counted for every four characters. */
  usage: z.object({ input: z.number().int(), output: z.number().int() }).optional(),
  /** The model fails with these words. */
  error: z.string().optional(),
  delayMs: z.number().nonnegative().optional()
})
type FullReply = z.infer<typeof FullReply>

/** One reply of a script; a string is a reply of text alone. */
export const Reply = z.union([z.string(), FullReply])
export type Reply = z.infer<typeof Reply>

/**
 * What a scripted model says: a list, used up reply by reply by all that share the model; or a function of the conversation,
 * which a re-executed step asks again and gets the same from. `turn` counts the replies that the messages hold already.
 */
export type Script =
  | readonly Reply[]
  | ((
      messages: readonly BaseMessage[],
      about: { readonly tools: readonly string[]; readonly turn: number }
    ) => Reply | Promise<Reply>)

interface Options {
  /** Ids for calls that the script gives none. */
  readonly ids?: () => string
}

/**
 * A model that plays a script, the same way every time.
 * @throws RuntimeError MODEL_FAILED, when asked: the script is used up, or the reply is an error
 */
export function scripted(script: Script, options: Options = {}): BaseChatModel {
  const ids = options.ids ?? (() => `call_${randomUUID().replaceAll('-', '')}`)
  const next = typeof script === 'function' ? script : inOrder(script)
  return new AnsweringModel(async (messages, { tools, signal }) => {
    const reply = await next(messages, {
      tools,
      get turn() {
        return messages.filter((message) => isAIMessage(message) && !isInterlude(message)).length
      }
    })
    const full = typeof reply === 'string' ? { text: reply } : reply
    if (full.delayMs) await sleep(full.delayMs, undefined, { signal }).catch(() => signal?.throwIfAborted())
    if (full.error !== undefined) throw new RuntimeError('MODEL_FAILED', full.error)
    return messageOf(full, { messages, ids })
  })
}

function inOrder(replies: readonly Reply[]): () => Reply {
  let asked = 0
  return () => {
    const reply = replies[asked++]
    if (reply !== undefined) return reply
    throw new RuntimeError('MODEL_FAILED', `the script has no reply ${asked}: it has ${replies.length} in all`)
  }
}

function messageOf(reply: FullReply, about: { messages: readonly BaseMessage[]; ids: () => string }): AIMessage {
  const content = reply.text ?? ''
  const calls = (reply.calls ?? []).map(({ name, args, id }) => ({
    name,
    args,
    id: id ?? about.ids(),
    type: 'tool_call' as const
  }))
  const { input, output } = reply.usage ?? estimate({ content, calls }, about.messages)
  return new AIMessage({
    content,
    tool_calls: calls,
    ...usageField({
      input_tokens: input,
      output_tokens: output,
      total_tokens: input + output,
      input_token_details: {}, // as LangChain leaves them when it adds up chunks
      output_token_details: {}
    })
  })
}

const CHARACTERS_PER_TOKEN = 4

function estimate(
  reply: { content: string; calls: readonly { args: Record<string, unknown> }[] },
  messages: readonly BaseMessage[]
): { input: number; output: number } {
  const sent = messages.reduce((sum, message) => sum + knownSizeOf(message), 0)
  const said = reply.calls.reduce((sum, call) => sum + JSON.stringify(call.args).length, reply.content.length)
  return { input: Math.ceil(sent / CHARACTERS_PER_TOKEN), output: Math.ceil(said / CHARACTERS_PER_TOKEN) }
}

const sizes = new WeakMap<BaseMessage, number>()

/** A conversation is sent again with every step: each message is measured once. */
function knownSizeOf(message: BaseMessage): number {
  const known = sizes.get(message)
  if (known !== undefined) return known
  const size = sizeOf(message)
  sizes.set(message, size)
  return size
}
