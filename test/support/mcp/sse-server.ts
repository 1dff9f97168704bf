import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

interface Message {
  readonly id?: number
  readonly method: string
  readonly params?: { readonly name?: string }
}

/** A server of 2024 over HTTP+SSE, whose stream ends in the middle of the calls of two of its tools. */
export async function sseServer() {
  const streams: ServerResponse[] = []
  const calls: string[] = []
  const inputSchema = { type: 'object' }
  const serverInfo = { name: 'old', version: '1' }
  const answers: Record<string, (message: Message, stream: ServerResponse) => object | undefined> = {
    initialize: () => ({ protocolVersion: '2024-11-05', capabilities: { tools: {} }, serverInfo }),
    'tools/list': () => ({ tools: ['echo', 'break', 'end'].map((name) => ({ name, inputSchema })) }),
    'tools/call'({ params }, stream) {
      calls.push(params!.name!)
      if (params!.name === 'echo') return { content: [{ type: 'text', text: 'here' }] }
      if (params!.name === 'end') stream.end()
      else stream.destroy()
      return undefined
    }
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<unknown> {
    const { pathname, searchParams } = new URL(request.url!, 'http://localhost')
    if (pathname === '/sse') {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      return response.write(`event: endpoint\ndata: /messages?session=${streams.push(response) - 1}\n\n`)
    }
    let body = ''
    for await (const chunk of request) body += chunk
    const message = JSON.parse(body) as Message
    const stream = streams[Number(searchParams.get('session'))]!
    response.writeHead(202).end()
    if (message.id === undefined) return
    const known = answers[message.method]
    const result = known?.(message, stream)
    if (known && !result) return
    const said = result ? { result } : { error: { code: -32601, message: 'no' } }
    return stream.write(`data: ${JSON.stringify({ jsonrpc: '2.0', id: message.id, ...said })}\n\n`)
  }

  const server = createServer((request, response) => void answer(request, response))
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  const close = () => {
    server.closeAllConnections()
    server.close()
  }
  onTestFinished(close)
  return { url: `http://127.0.0.1:${port}/sse`, calls, sessions: () => streams.length, close }
}
