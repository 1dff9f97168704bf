// Gemini, generateContent. Its clients are no dependency of ours, so `sent` says again what they make of a list, for the text
// and the calls that the tests have: a leading system message becomes the system instruction, empty text becomes no part, a
// result names its function (@langchain/google-genai, utils/common.ts). Turns of the user that follow one another are one
// turn (@langchain/google, converters/messages.ts, merges them before it sends them); those of the model stay apart, since
// not every client merges them.
import { type BaseMessage, isAIMessage, isSystemMessage, isToolMessage } from '@langchain/core/messages'
import { firstWrong, isObject, providerRules } from './rules.ts'

type Part =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'call'; readonly name: string; readonly args: unknown }
  | { readonly kind: 'response'; readonly name: string }

interface Content {
  readonly role: 'user' | 'model'
  readonly parts: readonly Part[]
}

const NAME = /^[a-zA-Z0-9_-]{1,64}$/

export const geminiRules = providerRules<readonly Content[]>({
  provider: 'Gemini',
  sent,
  rules: {
    // "GenerateContentRequest.contents: contents is not specified"
    'there is a turn': (contents) => (contents.length === 0 ? 'there is none' : undefined),

    // "Please ensure that multiturn requests begin with a user turn".
    'it starts with the user': (contents) => (contents[0]?.role === 'model' ? 'the model speaks first' : undefined),

    // "Requests ending with a model turn are not supported." github.com/anomalyco/opencode/issues/45359; before: "Please ensure
    // that multiturn requests ends with a user role or a function response". github.com/songquanpeng/one-api/issues/836
    'it ends with the user': (contents) => (contents.at(-1)?.role === 'model' ? 'the model speaks last' : undefined),

    // "GenerateContentRequest.contents[1].parts: contents.parts must not be empty" github.com/vercel/ai/issues/3775
    'a turn has parts': (contents) =>
      firstWrong(contents, ({ parts }) => (parts.length === 0 ? 'it has none' : undefined)),

    // "Please ensure that function call turn comes immediately after a user turn or after a function response turn."
    // github.com/google-gemini/gemini-cli/issues/11814
    'calls come right after the user': (contents) =>
      firstWrong(contents, (content, at) => {
        if (callsIn(content).length === 0 || at === 0 || contents[at - 1]!.role === 'user') return undefined
        return 'the model calls after its own words'
      }),

    // "Please ensure that function response turn comes immediately after a function call turn."
    // github.com/langchain-ai/langchain/issues/27799
    'responses come right after calls': (contents) =>
      firstWrong(contents, (content, at) => {
        if (responsesIn(content).length === 0) return undefined
        return callsIn(contents[at - 1]).length > 0 ? undefined : 'nothing was called before it'
      }),

    // "Please ensure that the number of function response parts is equal to the number of function call parts of the function
    // call turn." github.com/google-gemini/gemini-cli/issues/16543
    'there are as many responses as calls': (contents) =>
      firstWrong(contents, (content, at) => {
        const calls = callsIn(content).length
        const responses = responsesIn(contents[at + 1]).length
        return calls === 0 || calls === responses ? undefined : `${calls} calls, ${responses} responses`
      }),

    // Reference, `FunctionResponse.name`: "Matches FunctionDeclaration.name and FunctionCall.name".
    'a response has the name of its call': (contents) =>
      firstWrong(contents, (content, at) => {
        const calls = callsIn(contents[at - 1])
        const wrong = responsesIn(content).find(({ name }, place) => calls[place] && calls[place].name !== name)
        return wrong && `"${wrong.name}" was not called there`
      }),

    // "Gemini 3 Flash rejects a user turn that carries text after function responses with "Requests ending with a model turn
    // are not supported"." github.com/google/oss-rebuild/pull/1559, github.com/vellum-ai/vellum-assistant/pull/39495
    'nothing is said behind responses': (contents) =>
      firstWrong(contents, ({ parts }) => {
        const first = parts.findIndex(({ kind }) => kind === 'response')
        return first >= 0 && parts.slice(first).some(({ kind }) => kind !== 'response') ? 'something is' : undefined
      }),

    // Reference, `FunctionCall.name`: "Must be a-z, A-Z, 0-9, or contain underscores and dashes, with a maximum length of 64."
    'a name is letters, digits, _ and -': (contents) =>
      firstWrong(contents, (content) => {
        const wrong = [...callsIn(content), ...responsesIn(content)].find(({ name }) => !NAME.test(name))
        return wrong && `the name "${wrong.name}"`
      }),

    // Reference, `FunctionCall.args`: "object (Struct format)".
    'arguments are an object': (contents) =>
      firstWrong(contents, (content) => {
        const wrong = callsIn(content).find(({ args }) => !isObject(args))
        return wrong && `the arguments ${wrong.args}`
      })
  }
})

function sent(messages: readonly BaseMessage[]): Content[] {
  const contents: Content[] = []
  for (const [at, message] of messages.entries()) {
    if (isSystemMessage(message)) {
      if (at > 0) throw new Error('System message should be the first one')
      continue
    }
    const content = contentOf(message)
    const last = contents.at(-1)
    if (last?.role === 'user' && content.role === 'user' && last.parts.length > 0 && content.parts.length > 0)
      contents[contents.length - 1] = { role: last.role, parts: [...last.parts, ...content.parts] }
    else contents.push(content)
  }
  return contents
}

function contentOf(message: BaseMessage): Content {
  if (isToolMessage(message)) return { role: 'user', parts: [{ kind: 'response', name: message.name ?? '' }] }
  const text: Part[] = message.text === '' ? [] : [{ kind: 'text', text: message.text }]
  if (!isAIMessage(message)) return { role: 'user', parts: text }
  const calls = (message.tool_calls ?? []).map(({ name, args }) => ({ kind: 'call' as const, name, args }))
  return { role: 'model', parts: [...text, ...calls] }
}

function callsIn(content: Content | undefined) {
  return (content?.parts ?? []).filter((part) => part.kind === 'call')
}

function responsesIn(content: Content | undefined) {
  return (content?.parts ?? []).filter((part) => part.kind === 'response')
}
