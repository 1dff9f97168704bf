import {
  isJSONRPCRequest,
  type JSONRPCMessage,
  StreamableHTTPClientTransport,
  type StreamableHTTPClientTransportOptions
} from '@modelcontextprotocol/client'
import type { RuntimeError } from '../../state/errors.ts'
import type { GuardedFetch } from '../web/guarded-fetch.ts'
import { brokenConnection } from './broken-connection.ts'
import { watchedStream } from './watched-stream.ts'

type SendOptions = Parameters<StreamableHTTPClientTransport['send']>[1]

/**
 * Streamable HTTP, where a request fails as soon as its answer cannot come any more. By itself the client would wait for what was
 * to come over a stream that broke until the time of the request is over.
 */
export class HttpTransport extends StreamableHTTPClientTransport {
  /** Why the streams broke, by the body of the request that each of them answers. */
  readonly #broken: Map<string, unknown>

  constructor(url: URL, { fetch, ...options }: StreamableHTTPClientTransportOptions & { fetch: GuardedFetch }) {
    const broken = new Map<string, unknown>()
    super(url, {
      ...options,
      fetch: async (target, init) => {
        const { body, signal } = init ?? {}
        const response = await fetch(target, init)
        if (typeof body !== 'string') return response
        return watchedStream(response, (error) => void (error && !signal?.aborted && broken.set(body, error)))
      }
    })
    this.#broken = broken
  }

  /** Of a request this settles only where it fails: its answer comes as a message. */
  override send(message: JSONRPCMessage | JSONRPCMessage[], options?: SendOptions): Promise<void> {
    if (Array.isArray(message) || !isJSONRPCRequest(message) || options?.onRequestStreamEnd)
      return super.send(message, options)
    return new Promise((_resolve, reject) => {
      const onRequestStreamEnd = () => reject(this.#failureOf(message))
      super.send(message, { ...options, onRequestStreamEnd }).catch(reject)
    })
  }

  #failureOf(message: JSONRPCMessage): RuntimeError {
    const body = JSON.stringify(message)
    const cause = this.#broken.get(body)
    this.#broken.delete(body)
    return brokenConnection(cause)
  }
}
