// For urls that somebody else named: a server, a model, a page.
//
// G1. Only addresses that may be reached are connected to; every hop of a redirect is checked as the first one.
// G2. The connection goes to the address that was checked, not to what the name means a moment later.
// G3. What authorizes at one origin is not sent to another.
// G4. More than the limit is never held: a body that is too long fails in the middle.
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { isIPv6 } from 'node:net'
import { Readable } from 'node:stream'
import { RuntimeError } from '../../state/errors.ts'
import { checkedAddress, type Reach, shown } from './checked-address.ts'
import { limitedBody } from './limited-body.ts'

export interface GuardedFetchInit extends Reach {
  /** Bytes of a body, or of one event where it is a stream of events. */
  readonly maxBytes?: number
  readonly maxRedirects?: number
}

export type GuardedFetch = (url: string | URL, init?: RequestInit) => Promise<Response>

const DEFAULT_BYTES = 8 * 1024 * 1024
const DEFAULT_REDIRECTS = 5

/** `fetch` for urls that are not to be trusted. Its bodies are not decompressed, and none is asked for compressed. */
export function guardedFetch(guard: GuardedFetchInit = {}): GuardedFetch {
  const { maxRedirects = DEFAULT_REDIRECTS } = guard
  return async (input, init = {}) => {
    let hop: Hop = { url: new URL(input), init }
    for (let left = maxRedirects; ; left--) {
      const response = await sent(hop, { ...guard, address: await checkedAddress(hop.url, guard) })
      const next = init.redirect === 'manual' ? undefined : redirected(hop, response)
      if (!next) return response
      await response.body?.cancel()
      if (init.redirect === 'error' || left === 0)
        throw new RuntimeError(
          'URL_REFUSED',
          `${shown(hop.url)} leads elsewhere${left === 0 ? ', again and again' : ''}`
        )
      hop = next
    }
  }
}

interface Hop {
  readonly url: URL
  readonly init: RequestInit
}

const REDIRECTS = new Set([301, 302, 303, 307, 308])
const OF_ONE_ORIGIN = ['authorization', 'cookie', 'proxy-authorization', 'mcp-session-id']
const OF_A_BODY = ['content-type', 'content-length']

/** Where a response sends its reader, and with what. */
function redirected({ url, init }: Hop, response: Response): Hop | undefined {
  const location = response.headers.get('location')
  if (!REDIRECTS.has(response.status) || !location || !URL.canParse(location, url.href)) return undefined
  const target = new URL(location, url.href)
  const headers = new Headers(init.headers)
  if (target.origin !== url.origin) for (const name of OF_ONE_ORIGIN) headers.delete(name)
  const keepsBody = response.status === 307 || response.status === 308
  if (keepsBody) return { url: target, init: { ...init, headers } }
  for (const name of OF_A_BODY) headers.delete(name)
  const method = init.method === 'HEAD' ? 'HEAD' : 'GET'
  return { url: target, init: { ...init, headers, method, body: null } }
}

async function sent(
  { url, init }: Hop,
  { address, maxBytes = DEFAULT_BYTES }: GuardedFetchInit & { address: string }
): Promise<Response> {
  init.signal?.throwIfAborted()
  // A request of the platform finds out what type a body has, and what its bytes are.
  const { headers, body, method } = new Request(url.href, { ...init, signal: null, redirect: 'manual' })
  headers.set('accept-encoding', 'identity')
  const bytes = body ? Buffer.from(await new Response(body).arrayBuffer()) : undefined
  const incoming = await answered({ url, method, address, headers, bytes, signal: init.signal ?? undefined })
  return responseOf(incoming, maxBytes)
}

interface Sending {
  readonly url: URL
  readonly method: string
  readonly address: string
  readonly headers: Headers
  readonly bytes: Buffer | undefined
  readonly signal: AbortSignal | undefined
}

function answered({ url, method, address, headers, bytes, signal }: Sending): Promise<IncomingMessage> {
  const begin = url.protocol === 'https:' ? httpsRequest : httpRequest
  const family = isIPv6(address) ? 6 : 4
  return new Promise((resolve, reject) => {
    const request = begin(url, {
      method,
      headers: Object.fromEntries(headers),
      lookup: (_host, options, found) =>
        options.all ? found(null, [{ address, family }]) : found(null, address, family),
      ...(signal && { signal })
    })
    request.on('response', resolve)
    request.on('error', (error) => reject(signal?.aborted ? signal.reason : error))
    request.end(bytes)
  })
}

const WITHOUT_BODY = new Set([101, 204, 205, 304])

function responseOf(incoming: IncomingMessage, maxBytes: number): Response {
  const { statusCode: status = 502, statusMessage: statusText = '', rawHeaders } = incoming
  const headers = new Headers()
  for (let index = 0; index < rawHeaders.length; index += 2) headers.append(rawHeaders[index]!, rawHeaders[index + 1]!)
  if (WITHOUT_BODY.has(status)) {
    incoming.resume()
    return new Response(null, { status, statusText, headers })
  }
  const events = headers.get('content-type')?.startsWith('text/event-stream') ?? false
  const body = Readable.toWeb(incoming) as ReadableStream<Uint8Array>
  return new Response(body.pipeThrough(limitedBody(maxBytes, { events })), { status, statusText, headers })
}
