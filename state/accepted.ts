// What a model is sent: the messages in view, as every provider accepts them. The thread keeps what was really said.
//
// A1. Each call is followed by exactly one result, in order.
// A2. Nothing is blank: Anthropic and Bedrock refuse a text without a word, Gemini a message without a part.
// A3. A person is never heard right behind a result or another message of a person: Bedrock wants roles to alternate, Gemini 3
//     refuses words behind results. Between the two stands an interlude, said for the model, which says what happened.
// A4. What needs none of this stays the message that it is.
import {
  AIMessage,
  type BaseMessage,
  HumanMessage,
  isAIMessage,
  isHumanMessage,
  isToolMessage,
  type MessageContent,
  ToolMessage
} from '@langchain/core/messages'
import { paired } from './messages.ts'

export function accepted(messages: readonly BaseMessage[]): BaseMessage[] {
  const list = paired(messages).map(worded)
  return list.flatMap((message, at) => (isSaidOver(message, list[at - 1]) ? [interlude(), message] : [message]))
}

/** Whether it was said for the model, which has never said it. */
export function isInterlude(message: BaseMessage): boolean {
  return message.additional_kwargs.interlude === true
}

function interlude(): AIMessage {
  return new AIMessage({ content: '(interrupted by a message)', additional_kwargs: { interlude: true } })
}

function isSaidOver(message: BaseMessage, before: BaseMessage | undefined): boolean {
  return before !== undefined && isHumanMessage(message) && (isHumanMessage(before) || isToolMessage(before))
}

/** The message without blank texts; one that says nothing at all says so. */
function worded(message: BaseMessage): BaseMessage {
  const { content } = message
  const isCalling = isAIMessage(message) && !!message.tool_calls?.length
  if (typeof content === 'string') {
    if (/\S/.test(content) || (isCalling && content === '')) return message
    return withContent(message, isCalling ? '' : nothing(message))
  }
  const blocks = content.filter((block) => block.type !== 'text' || /\S/.test(String(block.text)))
  if (blocks.length === content.length && blocks.length > 0) return message
  if (blocks.length > 0) return withContent(message, blocks)
  return withContent(message, isCalling ? '' : nothing(message))
}

function nothing(message: BaseMessage): string {
  return isToolMessage(message) ? '(no output)' : '(no words)'
}

function withContent(message: BaseMessage, content: MessageContent): BaseMessage {
  const { id, name, additional_kwargs, response_metadata } = message
  const fields = { content, additional_kwargs, response_metadata, ...(id && { id }), ...(name && { name }) }
  if (isAIMessage(message)) return new AIMessage({ ...fields, tool_calls: message.tool_calls ?? [] })
  if (isHumanMessage(message)) return new HumanMessage(fields)
  if (!isToolMessage(message)) return message
  const { tool_call_id, status } = message
  return new ToolMessage({ ...fields, tool_call_id, ...(status && { status }) })
}
