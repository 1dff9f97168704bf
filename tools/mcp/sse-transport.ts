import { SSEClientTransport, type SSEClientTransportOptions } from '@modelcontextprotocol/client'
import type { GuardedFetch } from '../web/guarded-fetch.ts'
import { brokenConnection } from './broken-connection.ts'
import { watchedStream } from './watched-stream.ts'

/**
 * HTTP+SSE, which is closed as soon as its one stream has ended: all answers were to come over it, and another stream is another session.
 * By itself the client would open one, and wait for the answers until the time of each request is over.
 */
export class SseTransport extends SSEClientTransport {
  #isClosed = false

  constructor(url: URL, { fetch, ...options }: SSEClientTransportOptions & { fetch: GuardedFetch }) {
    super(url, {
      ...options,
      fetch: async (target, init) => {
        const response = await fetch(target, init)
        return init?.method === 'POST' ? response : watchedStream(response, (error) => void this.#ended(error))
      }
    })
  }

  override async close(): Promise<void> {
    this.#isClosed = true
    await super.close()
  }

  async #ended(error: unknown): Promise<void> {
    if (this.#isClosed) return
    this.onerror?.(brokenConnection(error))
    await this.close()
  }
}
