// The ids and names by which the calls of a reply are known: the same while the model still writes them and ever after.
// I1. No id is taken from an earlier message or call: a call's results, children and approvals are found by its id.
// I2. A call bears the name of the one tool that it can mean, before any policy sees it.
// I3. Ids and names are such that every provider takes them back. A name that the model was given stays as it is.
import { type BaseMessage, isAIMessage, isToolMessage } from '@langchain/core/messages'
import { v5 } from '@langchain/core/utils/uuid'
import { meantTool } from './meant-tool.ts'

export const NAMESPACE = '0d6cbb54-6a53-5b0c-9d5c-6f8b1f6a2c11'

export interface Conversation {
  /** The messages before the reply: their ids are taken. */
  readonly messages: readonly BaseMessage[]
  /** Ids for calls of a message that has none itself. */
  readonly ids: () => string
  /** The names of the tools that the model was told of. */
  readonly tools?: readonly string[]
}

export interface CallIdentity {
  readonly id: string
  readonly name: string
}

type Named = { readonly id: string | undefined; readonly name: string }

/** Gives the calls of one reply their identities, to be asked for in order. One that was given stands. */
export function callIdentities({ messages, ids, tools = [] }: Conversation) {
  const given: CallIdentity[] = []
  return (call: Named, { place, messageId }: { place: number; messageId: string | undefined }): CallIdentity => {
    given[place] ??= {
      id: isUsable(call.id, given, messages) ? call.id! : madeId(messageId, { place, ids }),
      name: nameOf(call.name, tools)
    }
    return given[place]
  }
}
export type CallIdentities = ReturnType<typeof callIdentities>

/** OpenAI takes ids of up to 40 characters; Anthropic and Bedrock take no other characters. */
const ID = /^[a-zA-Z0-9_-]{1,40}$/
/** OpenAI, Gemini and Bedrock take no other names. */
const NAME = /^[a-zA-Z0-9_-]{1,64}$/

/** One that the message and the place give, of 37 characters. */
function madeId(messageId: string | undefined, { place, ids }: { place: number; ids: () => string }): string {
  if (messageId === undefined) return ids()
  return `call_${v5(`${messageId}:${place}`, NAMESPACE).replaceAll('-', '')}`
}

function isUsable(
  callId: string | undefined,
  taken: readonly CallIdentity[],
  messages: readonly BaseMessage[]
): boolean {
  if (!callId || !ID.test(callId) || taken.some(({ id }) => id === callId)) return false
  return !messages.some((message) => isOf(message, callId))
}

/** Whether the message makes or answers the call. A call whose run was stopped may have no answer. */
function isOf(message: BaseMessage, callId: string): boolean {
  if (isToolMessage(message)) return message.tool_call_id === callId
  return isAIMessage(message) && !!message.tool_calls?.some(({ id }) => id === callId)
}

/** A name that is none of a tool, such as `functions.read`, is still the name of none when it is made to fit. */
function nameOf(given: string, tools: readonly string[]): string {
  const name = meantTool(given, tools)
  if (NAME.test(name) || tools.includes(name)) return name
  const fitting = name.replace(/[^a-zA-Z0-9_-]/g, '_').slice(0, 50) || 'unnamed'
  return tools.includes(fitting) ? `${fitting}_unknown` : fitting
}
