import { Client, type ClientOptions, type PriorDiscovery, type Transport } from '@modelcontextprotocol/client'
import { messageOf } from '../../state/errors.ts'
import type { ElicitationHandling } from './asked-in-process.ts'
import { boundedValidator } from './bounded-schema.ts'
import type { McpServer } from './server.ts'

/** One open connection to a server. */
export interface Link {
  readonly client: Client
  /** Why it broke, once it has. */
  broken(): Error | undefined
  isOpen(): boolean
  close(): Promise<void>
}

export interface LinkParts {
  readonly version: string
  readonly handling: ElicitationHandling
  makeTransport(): Transport
  onListChanged(): void
}

const PROBE_MS = 10_000
const MOST_PAGES = 32

/** Opens a connection, in the newest revision that both sides speak. */
export async function openLink(server: McpServer, parts: LinkParts, signal: AbortSignal): Promise<Link> {
  try {
    return await opened(server, { ...parts, signal, legacy: server.protocol === '2025-11-25' })
  } catch (error) {
    // A server of 2025 may end where it is asked for what it does not know.
    if (server.type !== 'stdio' || server.protocol !== 'auto' || signal.aborted) throw error
    return opened(server, { ...parts, signal, legacy: true })
  }
}

type Opening = LinkParts & { readonly signal: AbortSignal; readonly legacy: boolean }

async function opened(server: McpServer, { version, handling, signal, legacy, ...parts }: Opening): Promise<Link> {
  const transport = parts.makeTransport()
  const client = new Client(
    { name: 'deputy', version },
    optionsFor(server, { handling, onListChanged: parts.onListChanged })
  )
  handling.register(client)
  let error: Error | undefined
  let open = true
  client.onerror = (thrown) => {
    error ??= thrown
  }
  client.onclose = () => {
    open = false
  }
  const prior = legacy ? LEGACY : server.protocol === '2026-07-28' ? MODERN : undefined
  try {
    await client.connect(transport, { signal, timeout: server.timeoutMs, ...(prior && { prior }) })
  } catch (thrown) {
    await transport.close().catch(() => {})
    throw explained(thrown, error)
  }
  return { client, broken: () => error, isOpen: () => open, close: () => client.close() }
}

/** What was told beside says more than that the connection is closed. */
function explained(thrown: unknown, told: Error | undefined): unknown {
  if (!told || told === thrown || (thrown instanceof Error && thrown.cause)) return thrown
  return new Error(messageOf(thrown), { cause: told })
}

function optionsFor(
  server: McpServer,
  { handling, onListChanged }: Pick<LinkParts, 'handling' | 'onListChanged'>
): ClientOptions {
  return {
    capabilities: handling.capabilities,
    versionNegotiation: { mode: 'auto', probe: server.type === 'stdio' ? { timeoutMs: PROBE_MS } : {} },
    // A question is put to whoever decides, which may take days and another process.
    inputRequired: { autoFulfill: false },
    jsonSchemaValidator: boundedValidator,
    listMaxPages: MOST_PAGES,
    listChanged: { tools: { autoRefresh: false, debounceMs: 0, onChanged: onListChanged } }
  }
}

const LEGACY: PriorDiscovery = { kind: 'legacy' }

/** A server that is known to speak this revision is not asked what it can: it says so when it is asked for it. */
const MODERN: PriorDiscovery = {
  kind: 'modern',
  discover: {
    supportedVersions: ['2026-07-28'],
    capabilities: { tools: { listChanged: true }, prompts: {}, resources: {} },
    serverInfo: { name: 'assumed', version: '0' },
    ttlMs: 0,
    cacheScope: 'private'
  }
}
