// Amazon Bedrock, Converse. Its client is no dependency of ours, so `sent` says again what it makes of a list, for the text and
// the calls that the tests have (@langchain/aws, utils/message_inputs.ts): system messages become `system`, the results of
// one reply one user message. Nothing else is merged: two messages of a person stay two.
import { type BaseMessage, isAIMessage, isSystemMessage, isToolMessage } from '@langchain/core/messages'
import { firstWrong, isBlank, providerRules } from './rules.ts'

type Block =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'toolUse'; readonly id: string; readonly name: string }
  | { readonly kind: 'toolResult'; readonly id: string; readonly text: string }

interface Message {
  readonly role: 'user' | 'assistant'
  readonly content: readonly Block[]
}

interface Request {
  readonly system: readonly string[]
  readonly messages: readonly Message[]
}

const NAME = /^[a-zA-Z0-9_-]{1,64}$/

export const bedrockRules = providerRules<Request>({
  provider: 'Bedrock',
  sent,
  rules: {
    // "A conversation must start with a user message. Try again with a conversation that starts with a user message."
    // github.com/langgenius/dify/issues/12340
    'it starts with the user': ({ messages }) =>
      messages[0]?.role === 'user' ? undefined : `first is ${messages[0]?.role}`,

    // "… and the last message must be a user message, when using the Bedrock service."
    // github.com/microsoft/semantic-kernel/issues/10281
    'it ends with the user': ({ messages }) =>
      messages.at(-1)?.role === 'assistant' ? 'the assistant speaks last' : undefined,

    // "A conversation must alternate between user and assistant roles." github.com/langchain-ai/langchainjs/issues/6724. Claude
    // has come to be excused from it, other models have not: github.com/strands-agents/harness-sdk/pull/1240.
    'roles alternate': ({ messages }) =>
      firstWrong(messages, ({ role }, at) => (role === messages[at - 1]?.role ? `${role} again` : undefined)),

    // "The content field in the Message object at messages.355 is empty." github.com/theopenco/llmgateway/pull/3127
    'content is not empty': ({ messages }) =>
      firstWrong(messages, ({ content }) => (content.length === 0 ? 'it is' : undefined)),

    // "The text field in the ContentBlock object at messages.15.content.0 is blank."
    // github.com/aws-samples/bedrock-engineer/issues/8. Of a result too: github.com/NousResearch/hermes-agent/issues/55092.
    'no text is blank': ({ system, messages }) =>
      firstWrong([...system, ...messages.flatMap(textsIn)], (text) => (isBlank(text) ? 'a text' : undefined)),

    // "Expected toolResult blocks at messages.2.content for the following Ids: …"
    'calls are followed by their results': ({ messages }) =>
      firstWrong(messages, (message, at) => {
        const answered = new Set(idsIn(messages[at + 1], 'toolResult'))
        const open = idsIn(message, 'toolUse').find((id) => !answered.has(id))
        return open && `the call ${open} has no result in the next message`
      }),

    // "The number of toolResult blocks at messages.2.content exceeds the number of toolUse blocks of previous turn."
    // github.com/pydantic/pydantic-ai/issues/2327
    'there are no more results than calls': ({ messages }) =>
      firstWrong(messages, (message, at) => {
        const calls = idsIn(messages[at - 1], 'toolUse').length
        const results = idsIn(message, 'toolResult').length
        return results > calls ? `${results} results, ${calls} calls` : undefined
      }),

    // "The toolUse blocks at messages.1.content contain duplicate Ids: …"
    'a call has an id of its own': ({ messages }) =>
      firstWrong(messages, (message) => {
        const ids = idsIn(message, 'toolUse')
        return new Set(ids).size < ids.length ? 'an id is used twice' : undefined
      }),

    // docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ToolUseBlock.html: 1 to 64 of [a-zA-Z0-9_-]
    'an id is letters, digits, _ and -': ({ messages }) =>
      firstWrong(messages, (message) => {
        const wrong = idsIn(message, 'toolUse').find((id) => !NAME.test(id))
        return wrong === undefined ? undefined : `the id "${wrong}"`
      }),

    // The same page, `name`.
    'a name is letters, digits, _ and -': ({ messages }) =>
      firstWrong(messages, ({ content }) => {
        const wrong = content.find((block) => block.kind === 'toolUse' && !NAME.test(block.name))
        return wrong?.kind === 'toolUse' ? `the name "${wrong.name}"` : undefined
      })
  }
})

function sent(list: readonly BaseMessage[]): Request {
  const messages: Message[] = []
  for (const message of list.filter((each) => !isSystemMessage(each))) {
    const next = messageOf(message)
    const last = messages.at(-1)
    if (last && hasResults(last) && hasResults(next))
      messages[messages.length - 1] = { role: last.role, content: [...last.content, ...next.content] }
    else messages.push(next)
  }
  return { system: list.filter((each) => isSystemMessage(each)).map(({ text }) => text), messages }
}

function messageOf(message: BaseMessage): Message {
  const { text } = message
  if (isToolMessage(message)) return { role: 'user', content: [{ kind: 'toolResult', id: message.tool_call_id, text }] }
  if (!isAIMessage(message)) {
    if (message.content === '') throw new Error('Invalid message content: empty string.')
    return { role: 'user', content: [{ kind: 'text', text }] }
  }
  const calls = (message.tool_calls ?? []).map(({ id, name }) => ({ kind: 'toolUse' as const, id: id ?? '', name }))
  return { role: 'assistant', content: [...(text === '' ? [] : [{ kind: 'text' as const, text }]), ...calls] }
}

function hasResults(message: Message): boolean {
  return idsIn(message, 'toolResult').length > 0
}

function idsIn(message: Message | undefined, kind: 'toolUse' | 'toolResult'): string[] {
  return (message?.content ?? []).flatMap((block) => (block.kind === kind ? [block.id] : []))
}

function textsIn({ content }: Message): string[] {
  return content.flatMap((block) => (block.kind === 'toolUse' ? [] : [block.text]))
}
