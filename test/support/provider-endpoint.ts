// A model provider on this machine. It speaks the wire formats of OpenAI (chat completions and responses) and Anthropic
// (messages), streamed and whole, so that the real client packages can be tested without a network or a key.
// E1. Requests are answered in order, from the answers given.
// E2. Streams are cut where it hurts: arguments every few characters, with parallel calls interleaved where the format allows
//     it, and the bytes in slices that split characters.
// E3. It fails as providers do: with a status and headers, by dropping the connection, by an error in the middle of a stream,
//     or by a stream that ends too early.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** `input` includes `cached`, `output` includes `reasoning`. */
export interface Tokens {
  readonly input: number
  readonly cached: number
  readonly output: number
  readonly reasoning: number
}

export interface Said {
  readonly text?: string
  /** `args` is the text that the model writes, good JSON or not. */
  readonly calls?: readonly { readonly id: string; readonly name: string; readonly args: string }[]
  readonly usage?: Tokens
}

export interface Failed {
  readonly status: number
  readonly error: string
  readonly headers?: Readonly<Record<string, string>>
  /** What kind of error the provider calls it. */
  readonly type?: string
}

/** A stream of which only the first events come; then the connection drops, the stream ends, or an error of that type comes. */
export interface BrokenOff {
  readonly said: Said
  readonly events: number
  readonly by: 'drop' | 'end' | { readonly type: string }
}

export type EndpointAnswer = Said | Failed | BrokenOff | 'drop'

export interface ProviderRequest {
  readonly path: string
  readonly body: { readonly [key: string]: unknown; readonly stream?: boolean }
}

export interface ProviderEndpoint {
  /** `http://127.0.0.1:…`; OpenAI clients add `/v1`. */
  readonly url: string
  readonly requests: readonly ProviderRequest[]
  /** Answers for the requests to come. */
  answer(...answers: EndpointAnswer[]): void
  close(): Promise<void>
}

export async function providerEndpoint(...answers: EndpointAnswer[]): Promise<ProviderEndpoint> {
  const queue = [...answers]
  const requests: ProviderRequest[] = []
  const server = createServer((incoming, response) => {
    void respond(incoming, response).catch((error) => response.destroy(error))
  })

  async function respond(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = incoming.url ?? ''
    const body = JSON.parse(await textOf(incoming))
    requests.push({ path, body })
    const dialect = DIALECTS[path]
    if (!dialect) return sendJson(response, { status: 404, body: { error: { message: `no such path: ${path}` } } })
    const answer = queue.shift() ?? { status: 500, error: 'no answer is left' }
    if (answer === 'drop') return void response.destroy()
    if ('status' in answer) return sendJson(response, { ...answer, body: dialect.error(answer) })
    const said = 'said' in answer ? answer.said : answer
    const reply: Reply = { text: '', calls: [], usage: NO_TOKENS, ...said, number: requests.length }
    if ('said' in answer) return breakOff(response, answer, { dialect, reply })
    if (!body.stream) return sendJson(response, { status: 200, body: dialect.whole(reply) })
    sendEvents(response, dialect.events(reply))
    response.end(dialect.last)
  }

  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    answer: (...more) => void queue.push(...more),
    close: () =>
      new Promise((closed) => {
        server.close(() => closed())
        server.closeAllConnections()
      })
  }
}

const NO_TOKENS: Tokens = { input: 0, cached: 0, output: 0, reasoning: 0 }

type Reply = Required<Said> & { readonly number: number }

interface Dialect {
  whole(reply: Reply): object
  events(reply: Reply): Iterable<object>
  /** What ends the stream, where that is not an event. */
  readonly last?: string
  error(failed: Pick<Failed, 'error' | 'type'> & { status?: number }): object
}

async function textOf(incoming: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  for await (const part of incoming) parts.push(part as Buffer)
  return Buffer.concat(parts).toString('utf8')
}

interface Whole {
  readonly status: number
  readonly body: object
  readonly headers?: Readonly<Record<string, string>>
}

function sendJson(response: ServerResponse, { status, body, headers }: Whole): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  response.end(JSON.stringify(body))
}

const SLICE = 61

function sendEvents(response: ServerResponse, events: Iterable<object>): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  for (const event of events) {
    const name = 'type' in event ? `event: ${String(event.type)}\n` : ''
    const bytes = Buffer.from(`${name}data: ${JSON.stringify(event)}\n\n`)
    for (let at = 0; at < bytes.length; at += SLICE) response.write(bytes.subarray(at, at + SLICE))
  }
}

/** What was sent arrives before the connection drops: only then is it destroyed. */
function breakOff(
  response: ServerResponse,
  { events, by }: BrokenOff,
  { dialect, reply }: { dialect: Dialect; reply: Reply }
): void {
  const sent = [...dialect.events(reply)].slice(0, events)
  if (typeof by === 'object') sent.push(dialect.error({ error: `broken off by ${by.type}`, type: by.type }))
  sendEvents(response, sent)
  if (by === 'drop') response.write('', () => setImmediate(() => response.destroy()))
  else response.end()
}

/** Short parts that end in the middle of words, escapes and surrogate pairs. */
function parts(text: string): string[] {
  const cut: string[] = []
  for (let at = 0; at < text.length; at += 3) cut.push(text.slice(at, at + 3))
  return cut
}

const openAiError: Dialect['error'] = ({ status, error, type = 'error' }) => ({
  error: { message: error, type, code: status === undefined ? type : String(status) }
})

const completions: Dialect = {
  error: openAiError,
  last: 'data: [DONE]\n\n',

  whole: (reply) => ({
    id: `chatcmpl-${reply.number}`,
    object: 'chat.completion',
    model: 'local',
    choices: [
      {
        index: 0,
        finish_reason: reply.calls.length ? 'tool_calls' : 'stop',
        message: {
          role: 'assistant',
          content: reply.text || null,
          ...(reply.calls.length && {
            tool_calls: reply.calls.map(({ id, name, args }) => ({
              id,
              type: 'function',
              function: { name, arguments: args }
            }))
          })
        }
      }
    ],
    usage: completionsUsage(reply.usage)
  }),

  *events(reply) {
    const chunk = (choices: object[], more: object = {}) => ({
      id: `chatcmpl-${reply.number}`,
      object: 'chat.completion.chunk',
      model: 'local',
      choices,
      ...more
    })
    const delta = (fields: object) => chunk([{ index: 0, delta: fields, finish_reason: null }])
    yield delta({ role: 'assistant', content: '' })
    for (const content of parts(reply.text)) yield delta({ content })
    for (const [index, { id, name }] of reply.calls.entries())
      yield delta({ tool_calls: [{ index, id, type: 'function', function: { name, arguments: '' } }] })
    for (const [index, part] of interleaved(reply.calls.map((call) => parts(call.args))))
      yield delta({ tool_calls: [{ index, function: { arguments: part } }] })
    yield chunk([{ index: 0, delta: {}, finish_reason: reply.calls.length ? 'tool_calls' : 'stop' }])
    yield chunk([], { usage: completionsUsage(reply.usage) })
  }
}

function completionsUsage({ input, cached, output, reasoning }: Tokens): object {
  return {
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens: input + output,
    prompt_tokens_details: { cached_tokens: cached },
    completion_tokens_details: { reasoning_tokens: reasoning }
  }
}

/** The lists taken in turns, each part with the place of its list. */
function* interleaved(lists: readonly string[][]): Generator<[number, string]> {
  const longest = Math.max(0, ...lists.map((list) => list.length))
  for (let at = 0; at < longest; at++) {
    for (const [index, list] of lists.entries()) {
      const part = list[at]
      if (part !== undefined) yield [index, part]
    }
  }
}

const responses: Dialect = {
  error: openAiError,

  whole: ({ number, text, calls, usage: { input, cached, output, reasoning } }) => ({
    id: `resp_${number}`,
    object: 'response',
    model: 'local',
    status: 'completed',
    output: [...(text ? [outputMessage(text)] : []), ...calls.map(functionCall)],
    usage: {
      input_tokens: input,
      input_tokens_details: { cached_tokens: cached },
      output_tokens: output,
      output_tokens_details: { reasoning_tokens: reasoning },
      total_tokens: input + output
    }
  }),

  *events(reply) {
    yield { type: 'response.created', response: { id: `resp_${reply.number}`, model: 'local', output: [] } }
    let output_index = 0
    if (reply.text) {
      yield { type: 'response.output_item.added', output_index, item: { ...outputMessage(''), content: [] } }
      for (const delta of parts(reply.text))
        yield { type: 'response.output_text.delta', output_index, content_index: 0, delta }
      output_index++
    }
    for (const call of reply.calls) {
      yield { type: 'response.output_item.added', output_index, item: { ...functionCall(call), arguments: '' } }
      for (const delta of parts(call.args))
        yield { type: 'response.function_call_arguments.delta', output_index, delta }
      output_index++
    }
    yield { type: 'response.completed', response: this.whole(reply) }
  }
}

const outputMessage = (text: string) => ({
  type: 'message',
  id: 'msg_out',
  role: 'assistant',
  content: [{ type: 'output_text', text, annotations: [] }]
})

const functionCall = ({ id, name, args }: NonNullable<Said['calls']>[number]) => ({
  type: 'function_call',
  id: `fc_${id}`,
  call_id: id,
  name,
  arguments: args
})

/** Here cached tokens are reported beside `input_tokens`, and reasoning is not told apart. */
const messages: Dialect = {
  error: ({ status, error, type = `error_${status}` }) => ({ type: 'error', error: { type, message: error } }),

  whole: ({ number, text, calls, usage }) => ({
    id: `msg_${number}`,
    type: 'message',
    role: 'assistant',
    model: 'local',
    stop_reason: calls.length ? 'tool_use' : 'end_turn',
    content: [
      ...(text ? [{ type: 'text', text }] : []),
      ...calls.map(({ id, name, args }) => ({ type: 'tool_use', id, name, input: JSON.parse(args) }))
    ],
    usage: { ...messagesInput(usage), output_tokens: usage.output }
  }),

  *events({ number, text, calls, usage }) {
    // The real one counts output from its beginning each time, and starts with a token.
    const message = { id: `msg_${number}`, type: 'message', role: 'assistant', model: 'local', content: [] }
    yield { type: 'message_start', message: { ...message, usage: { ...messagesInput(usage), output_tokens: 1 } } }
    let index = 0
    if (text) {
      yield { type: 'content_block_start', index, content_block: { type: 'text', text: '' } }
      for (const part of parts(text))
        yield { type: 'content_block_delta', index, delta: { type: 'text_delta', text: part } }
      yield { type: 'content_block_stop', index: index++ }
    }
    for (const { id, name, args } of calls) {
      yield { type: 'content_block_start', index, content_block: { type: 'tool_use', id, name, input: {} } }
      for (const partial_json of ['', ...parts(args)])
        yield { type: 'content_block_delta', index, delta: { type: 'input_json_delta', partial_json } }
      yield { type: 'content_block_stop', index: index++ }
    }
    const stop_reason = calls.length ? 'tool_use' : 'end_turn'
    yield { type: 'message_delta', delta: { stop_reason }, usage: { output_tokens: usage.output } }
    yield { type: 'message_stop' }
  }
}

function messagesInput({ input, cached }: Tokens): object {
  return { input_tokens: input - cached, cache_creation_input_tokens: 0, cache_read_input_tokens: cached }
}

const DIALECTS: Readonly<Record<string, Dialect>> = {
  '/v1/chat/completions': completions,
  '/v1/responses': responses,
  '/v1/messages': messages
}
