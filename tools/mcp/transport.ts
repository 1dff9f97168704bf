import type { AuthProvider, Transport } from '@modelcontextprotocol/client'
import type { Resolve } from '../web/checked-address.ts'
import { type GuardedFetch, guardedFetch } from '../web/guarded-fetch.ts'
import { HttpTransport } from './http-transport.ts'
import type { McpServer, RemoteServer } from './server.ts'
import { SseTransport } from './sse-transport.ts'
import { StdioTransport } from './stdio-transport.ts'

export interface RemoteParts {
  readonly fetch: GuardedFetch
  readonly provider: AuthProvider
}

/** What leads to a server, not started yet. */
export function transportTo(server: McpServer, remote: RemoteParts | undefined): Transport {
  if (server.type === 'stdio' || !remote) return new StdioTransport(server as Extract<McpServer, { type: 'stdio' }>)
  const url = new URL(server.url)
  const options = { fetch: remote.fetch, requestInit: { headers: server.headers }, authProvider: remote.provider }
  if (server.type === 'sse') return new SseTransport(url, options)
  return new HttpTransport(url, { ...options, onInsufficientScope: 'throw' })
}

/** For the server and for all that it names. */
export function fetchFor(server: RemoteServer, { resolve }: { resolve?: Resolve | undefined } = {}): GuardedFetch {
  return guardedFetch({ also: server.reach, maxBytes: server.limits.bytes, ...(resolve && { resolve }) })
}
