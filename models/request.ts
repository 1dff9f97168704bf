// A request as a recording keeps it: what decides the reply, and nothing that differs from run to run.
import { type BaseMessage, isAIMessage, isToolMessage } from '@langchain/core/messages'
import { z } from 'zod'

const RequestMessage = z.object({
  role: z.string(),
  content: z.unknown(),
  name: z.string().optional(),
  calls: z.array(z.object({ id: z.string(), name: z.string(), args: z.unknown() })).optional(),
  /** Of a result: the call that it belongs to. */
  call: z.string().optional()
})
export type RequestMessage = z.infer<typeof RequestMessage>

export const Request = z.object({ messages: z.array(RequestMessage), tools: z.array(z.string()) })
export type Request = z.infer<typeof Request>

/** Call ids are numbered as they appear, `#1`, `#2`; message ids are left out. */
export function requestOf(messages: readonly BaseMessage[], tools: readonly string[]): Request {
  const numbers = new Map<string, string>()
  const numbered = (id: string | undefined): string => {
    const known = numbers.get(id ?? '')
    if (known !== undefined) return known
    const number = `#${numbers.size + 1}`
    numbers.set(id ?? '', number)
    return number
  }
  return { messages: messages.map((message) => requestMessage(message, numbered)), tools: tools.toSorted() }
}

function requestMessage(message: BaseMessage, numbered: (id: string | undefined) => string): RequestMessage {
  const calls = isAIMessage(message) ? message.tool_calls : undefined
  return {
    role: message.type,
    content: contentOf(message),
    ...(message.name !== undefined && !isToolMessage(message) && { name: message.name }),
    ...(calls?.length && { calls: calls.map(({ id, name, args }) => ({ id: numbered(id), name, args })) }),
    ...(isToolMessage(message) && { call: numbered(message.tool_call_id) })
  }
}

/** Blocks which say again what `calls` says, or which only their own provider can read. */
const LEFT_OUT = new Set(['tool_use', 'tool_call', 'input_json_delta', 'thinking', 'redacted_thinking', 'reasoning'])

/** Text as a string, however the provider cut it up; other blocks stay. */
function contentOf({ content }: BaseMessage): unknown {
  if (typeof content === 'string') return content
  const blocks = content.filter((block) => !LEFT_OUT.has(block.type))
  if (blocks.every((block) => block.type === 'text')) return blocks.map((block) => block.text).join('')
  return blocks.map(({ index: _place, ...block }) => block)
}
