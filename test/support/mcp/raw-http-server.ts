// A server of 2025 over streamable HTTP that does by hand what a good one never would. It is given the file in which it notes what
// it saw, and the port to listen on.
import { appendFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'

interface Message {
  readonly id?: number
  readonly method: string
  readonly params?: { readonly name?: string; readonly requestId?: number; readonly arguments?: { bytes?: number } }
}

const [notes = '/dev/null', port = '0'] = process.argv.slice(2)
const note = (text: string) => appendFileSync(notes, `${text}\n`)
const inputSchema = { type: 'object', properties: { bytes: { type: 'integer' } } }
const result = (id: number | undefined, of: object) => JSON.stringify({ jsonrpc: '2.0', id, result: of })
const said = (id: number | undefined, text: string) => result(id, { content: [{ type: 'text', text }] })
const json = (response: ServerResponse, body: string) =>
  response.writeHead(200, { 'content-type': 'application/json' }).end(body)
const events = (response: ServerResponse) => response.writeHead(200, { 'content-type': 'text/event-stream' })

type Handler = (message: Message, response: ServerResponse) => unknown
const calls: Record<string, Handler> = {
  echo: ({ id }, response) => json(response, said(id, 'here')),
  large: ({ id, params }, response) => json(response, said(id, 'x'.repeat(params!.arguments!.bytes!))),
  'large-event': ({ id, params }, response) =>
    events(response).end(`data: ${said(id, 'x'.repeat(params!.arguments!.bytes!))}\n\n`),
  die: (_message, response) => events(response).write(': begun\n\n', () => process.exit(3)),
  'hang-up': (_message, response) => events(response).write(': begun\n\n', () => response.destroy()),
  'die-in-json': (_message, response) =>
    response.writeHead(200, { 'content-type': 'application/json' }).write('{"jsonrpc"', () => process.exit(3)),
  wait({ id }, response) {
    note(`waiting ${id}`)
    events(response).write(': begun\n\n')
  }
}

const methods: Record<string, Handler> = {
  initialize: ({ id }, response) =>
    json(
      response,
      result(id, {
        protocolVersion: '2025-11-25',
        capabilities: { tools: {} },
        serverInfo: { name: 'raw', version: '1' }
      })
    ),
  'tools/list': ({ id }, response) =>
    json(response, result(id, { tools: Object.keys(calls).map((name) => ({ name, inputSchema })) })),
  'tools/call'(message, response) {
    note(`called ${message.params!.name}`)
    calls[message.params!.name!]!(message, response)
  },
  'notifications/cancelled'({ params }, response) {
    note(`cancelled ${params!.requestId}`)
    response.writeHead(202).end()
  }
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method !== 'POST') return void response.writeHead(405).end()
  let body = ''
  for await (const chunk of request) body += chunk
  const message = JSON.parse(body) as Message
  const method = methods[message.method]
  if (method) method(message, response)
  else if (message.id === undefined) response.writeHead(202).end()
  else json(response, JSON.stringify({ jsonrpc: '2.0', id: message.id, error: { code: -32601, message: 'no' } }))
}

createServer((request, response) => void answer(request, response)).listen(Number(port), '127.0.0.1', () =>
  note('listening')
)
