// Anthropic, messages. The request is made by the real converter of @langchain/anthropic: a leading system message becomes
// `system`, results become blocks of a user message. What it leaves side by side the API itself puts together: "consecutive
// user or assistant turns in your request will be combined into a single turn". So are they here, before the rules look.

import { convertPromptToAnthropic } from '@langchain/anthropic'
import type { BaseMessage } from '@langchain/core/messages'
import { ChatPromptValue } from '@langchain/core/prompt_values'
import { firstWrong, isBlank, isObject, providerRules } from './rules.ts'

type Block =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'tool_use'; readonly id: string; readonly name: string; readonly input: unknown }
  | { readonly type: 'tool_result'; readonly tool_use_id: string; readonly content?: string | readonly Block[] }

interface Turn {
  readonly role: string
  readonly content: readonly Block[]
}

interface Request {
  readonly system: readonly Block[]
  readonly turns: readonly Turn[]
}

const ID = /^[a-zA-Z0-9_-]+$/
const NAME = /^[a-zA-Z0-9_-]{1,128}$/

export const anthropicRules = providerRules<Request>({
  provider: 'Anthropic',
  sent,
  rules: {
    // "messages: at least one message is required"; "messages: first message must use the "user" role".
    'it starts with the user': ({ turns }) => (turns[0]?.role === 'user' ? undefined : `first is ${turns[0]?.role}`),

    // Reference: a system prompt is the parameter `system`; "there is no "system" role for input messages".
    'the system prompt stands first': ({ turns }) =>
      firstWrong(turns, ({ role }) => (role === 'user' || role === 'assistant' ? undefined : `its role is ${role}`)),

    // "messages.1: all messages must have non-empty content except for the optional final assistant message"
    // github.com/glowingjade/obsidian-smart-composer/pull/156
    'content is not empty': ({ turns }) =>
      firstWrong(turns, ({ role, content }, at) => {
        const isFinal = role === 'assistant' && at === turns.length - 1
        return content.length === 0 && !isFinal ? 'it says nothing' : undefined
      }),

    // "messages: text content blocks must be non-empty", "messages: text content blocks must contain non-whitespace text"
    // github.com/home-assistant/core/issues/175637. A result that is a plain text may be empty: its content is optional.
    'no text is blank': ({ system, turns }) =>
      firstWrong([{ content: system }, ...turns], ({ content }) =>
        content.flatMap(inner).some((block) => block.type === 'text' && isBlank(block.text)) ? 'a text' : undefined
      ),

    // "`tool_use` ids were found without `tool_result` blocks immediately after: … Each `tool_use` block must have a
    // corresponding `tool_result` block in the next message." github.com/OpenHands/OpenHands/issues/7512
    'calls are followed by their results': ({ turns }) =>
      firstWrong(turns, (turn, at) => {
        const answered = new Set(resultsIn(turns[at + 1]))
        const open = callsIn(turn).find(({ id }) => !answered.has(id))
        return open && `the call ${open.id} has no result in the next message`
      }),

    // "unexpected `tool_use_id` found in `tool_result` blocks: … Each `tool_result` block must have a corresponding
    // `tool_use` block in the previous message." github.com/tghamm/Anthropic.SDK/issues/184
    'a result answers a call before it': ({ turns }) =>
      firstWrong(turns, (turn, at) => {
        const called = new Set(callsIn(turns[at - 1]).map(({ id }) => id))
        const stray = resultsIn(turn).find((id) => !called.has(id))
        return stray && `nobody called ${stray}`
      }),

    // "each tool_use must have a single result. Found multiple `tool_result` blocks with id: …"
    'a call has one result': ({ turns }) =>
      firstWrong(turns, (turn) => (isUnique(resultsIn(turn)) ? undefined : 'a call has two results')),

    // platform.claude.com/docs/en/agents-and-tools/tool-use/handle-tool-calls: "In the user message containing tool results,
    // the tool_result blocks must come FIRST in the content array. Any text must come AFTER all tool results."
    'results stand before other words': ({ turns }) =>
      firstWrong(turns, ({ content }) => {
        const lastResult = content.findLastIndex(({ type }) => type === 'tool_result')
        const firstOther = content.findIndex(({ type }) => type !== 'tool_result')
        return firstOther >= 0 && firstOther < lastResult ? 'words stand before a result' : undefined
      }),

    // "messages: `tool_use` ids must be unique"
    'a call has an id of its own': ({ turns }) =>
      isUnique(turns.flatMap(callsIn).map(({ id }) => id)) ? undefined : 'an id is used twice',

    // "messages.1.content.1.tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'"
    'an id is letters, digits, _ and -': ({ turns }) =>
      firstWrong(turns.flatMap(callsIn), ({ id }) => (ID.test(id) ? undefined : `the id "${id}"`)),

    // Reference, `tool_use.name`, as `tools.name`: ^[a-zA-Z0-9_-]{1,128}$
    'a name is letters, digits, _ and -': ({ turns }) =>
      firstWrong(turns.flatMap(callsIn), ({ name }) => (NAME.test(name) ? undefined : `the name "${name}"`)),

    // "messages.1.content.0.tool_use.input: Input should be a valid dictionary"
    'arguments are an object': ({ turns }) =>
      firstWrong(turns.flatMap(callsIn), ({ input }) => (isObject(input) ? undefined : `the input ${input}`)),

    // "messages: final assistant content cannot end with trailing whitespace"
    // github.com/tailcallhq/forgecode/issues/1872
    'a final reply does not end in white space': ({ turns }) => {
      const last = turns.at(-1)?.role === 'assistant' ? turns.at(-1)?.content.at(-1) : undefined
      return last?.type === 'text' && /\S\s+$/.test(last.text) ? 'it does' : undefined
    }
  }
})

function sent(messages: readonly BaseMessage[]): Request {
  const body = convertPromptToAnthropic(new ChatPromptValue(messages as BaseMessage[]))
  const turns: Turn[] = []
  for (const { role, content } of body.messages) {
    const last = turns.at(-1)
    if (last?.role === role) turns[turns.length - 1] = { role, content: [...last.content, ...blocks(content)] }
    else turns.push({ role, content: blocks(content) })
  }
  return { system: body.system === undefined ? [] : blocks(body.system), turns }
}

function blocks(content: unknown): Block[] {
  if (typeof content !== 'string') return content as Block[]
  return content === '' ? [] : [{ type: 'text', text: content }]
}

function inner(block: Block): Block[] {
  return block.type === 'tool_result' && typeof block.content === 'object' ? [...block.content] : [block]
}

function callsIn(turn: Turn | undefined) {
  return (turn?.content ?? []).filter((block) => block.type === 'tool_use')
}

function resultsIn(turn: Turn | undefined): string[] {
  return (turn?.content ?? []).flatMap((block) => (block.type === 'tool_result' ? [block.tool_use_id] : []))
}

function isUnique(ids: readonly string[]): boolean {
  return new Set(ids).size === ids.length
}
