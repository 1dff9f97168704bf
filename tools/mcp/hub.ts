// The MCP servers of a program, and what of them its agents may use.
//
// H1. A connection belongs to one server and one principal: nothing that was opened, listed or authorized for one is used for another.
// H2. A tool that is not what was reviewed is not offered, and not called: the check is made with each call.
// H3. What the model is offered changes between two of its steps, never within one.
// H4. A server that fails takes nothing with it but its own tools.
import type { Tool as ListedTool } from '@modelcontextprotocol/client'
import type { Clock, ToolRun } from '../../state/context.ts'
import { RuntimeError } from '../../state/errors.ts'
import type { Principal } from '../../state/threads.ts'
import type { Tool } from '../tool.ts'
import type { ToolSource } from '../tool-source.ts'
import type { Resolve } from '../web/checked-address.ts'
import { handlingOf, type Offered, type Offers } from './asked-in-process.ts'
import { type Connection, connection } from './connection.ts'
import { definitionOf, hashOf } from './definition.ts'
import { mcpTool } from './mcp-tool.ts'
import { authorization } from './oauth/authorization.ts'
import type { Authorizer } from './oauth/authorizer.ts'
import { type CredentialStore, memoryCredentials } from './oauth/credentials.ts'
import { odditiesOf } from './oddities.ts'
import { type Pins, type Review, reviewOf } from './pins.ts'
import { rootsIn } from './roots.ts'
import { allowanceOf } from './sampling.ts'
import { checkedServers, type McpServer, type McpServerInit, type RemoteServer } from './server.ts'
import { told } from './told.ts'
import { toolNames } from './tool-name.ts'
import { fetchFor, transportTo } from './transport.ts'
import { type Waits, waits } from './waits.ts'

export interface McpHubInit {
  readonly servers: Readonly<Record<string, McpServerInit>>
  /** What was reviewed. `pinsOfFirstSight()` for servers of one's own. */
  readonly pins: Pins
  readonly offers?: Offers
  /** The directory that the `roots` of servers are in. */
  readonly workspace?: string
  /** Where authorizations are kept; in memory where nothing is said. */
  readonly credentials?: CredentialStore
  /** How a person is asked for one at once. Without it a call that needs one fails, and says what to do. */
  readonly authorizer?: Authorizer
  readonly version?: string
  readonly clock?: Clock
  readonly chance?: () => number
  readonly waits?: Waits
  readonly resolve?: Resolve
}

/** One tool of a server, for whoever reviews it. */
export interface ReviewedTool {
  readonly name: string
  /** Under which a model would know it. */
  readonly offered: string
  readonly review: Review
  readonly definition: ReturnType<typeof definitionOf>
  readonly oddities: readonly string[]
}

export interface McpHub extends ToolSource {
  readonly servers: Readonly<Record<string, McpServer>>
  /** The tools of a server as they are now, whether reviewed or not. @throws RuntimeError where it cannot be reached */
  inspect(server: string, principal: Principal, signal?: AbortSignal): Promise<readonly ReviewedTool[]>
  /** Pins what a look has shown, and forgets what is not there any more. */
  approve(server: string, seen: readonly ReviewedTool[]): Promise<void>
  /** Why the tools of servers are missing. */
  failures(principal: Principal): Readonly<Record<string, RuntimeError>>
  /** Has a person authorize a server, whatever was authorized before. @throws RuntimeError MCP_AUTH_NEEDED where none can be asked */
  authorize(server: string, principal: Principal, signal?: AbortSignal): Promise<void>
  /** Forgets what was authorized. */
  forget(server: string, principal: Principal): Promise<void>
  /** For whatever else a server can be asked. */
  connection(server: string, principal: Principal): Connection
  close(): Promise<void>
}

const PATIENCE_MS = 15_000
const NEVER = new AbortController().signal

/** @throws RuntimeError BAD_CHARTER where the servers are not valid */
export function mcpHub(init: McpHubInit): McpHub {
  const {
    pins,
    offers = {},
    workspace,
    version = '0',
    clock = { now: Date.now },
    chance = Math.random,
    resolve,
    authorizer
  } = init
  const credentials = init.credentials ?? memoryCredentials()
  const servers = checkedServers(init.servers)
  const { sleep } = init.waits ?? waits
  const connections = new Map<string, { connection: Connection; offered: Offered }>()
  const offered = new Map<Principal, ReadonlyMap<string, Tool>>()

  const connectionOf = (server: string, principal: Principal) => placeOf(server, principal).connection

  /** The connection to a server, and what it is offered over it. */
  function placeOf(server: string, principal: Principal): { connection: Connection; offered: Offered } {
    const config = servers[server]
    if (!config) throw new RuntimeError('BAD_ARGUMENTS', `there is no MCP server "${server}"`)
    const key = JSON.stringify([server, principal])
    const known = connections.get(key)
    if (known) return known
    const authorized = config.type === 'stdio' ? undefined : authorizationOf(server, { config, principal })
    const offered = offeredTo(server, config)
    const made = connection({
      name: server,
      server: config,
      version,
      clock,
      chance,
      sleep,
      handling: (unanswered) => handlingOf(offered, unanswered),
      makeTransport: () => transportTo(config, authorized),
      settle: authorized?.settle
    })
    const place = { connection: made, offered }
    connections.set(key, place)
    return place
  }

  function offeredTo(server: string, { sampling, roots }: McpServer): Offered {
    const allowance = sampling && allowanceOf(server, sampling.tokens)
    return { server, offers, allowance, roots: roots && (() => rootsIn(workspace, roots)) }
  }

  function authorizationOf(name: string, { config, principal }: { config: RemoteServer; principal: Principal }) {
    const key = { principal, resource: config.url }
    const fetch = fetchFor(config, { resolve })
    return authorization({ name, server: config, key, store: credentials, fetch, authorizer })
  }

  function remote(server: string): RemoteServer {
    const config = servers[server]
    if (config && config.type !== 'stdio') return config
    throw new RuntimeError('BAD_ARGUMENTS', `the MCP server "${server}" is none that is reached over HTTP`)
  }

  async function reviewsOf({ name, tools }: Connection): Promise<readonly { tool: ListedTool; review: Review }[]> {
    const pinned = await pins.of(name)
    const reviewed = tools().map((tool) => ({ tool, review: reviewOf(definitionOf(tool), pinned) }))
    const fresh = reviewed.filter(({ review }) => review === 'new')
    if (!pins.trustsFirst || fresh.length === 0) return reviewed
    const seen = fresh.map(({ tool }) => [tool.name, hashOf(definitionOf(tool))] as const)
    await pins.set(name, { ...pinned, ...Object.fromEntries(seen) })
    return reviewed.map(({ tool, review }) => ({ tool, review: review === 'new' ? 'reviewed' : review }))
  }

  async function toolsOf(at: Connection): Promise<Tool[]> {
    const names = toolNames(
      at.name,
      at.tools().map(({ name }) => name)
    )
    const reviewed = (await reviewsOf(at)).filter(({ review }) => review === 'reviewed')
    return reviewed.map(({ tool }) =>
      toolAs(names.get(tool.name)!, { server: at.name, config: at.server, listed: tool })
    )
  }

  function toolAs(
    name: string,
    { server, config, listed }: { server: string; config: McpServer; listed: ListedTool | undefined }
  ): Tool {
    const spec = listed ? told(definitionOf(listed), { server, name }) : { description: '', schema: { type: 'object' } }
    const { description, schema } = spec
    const reviewed = (run: ToolRun) => asReviewed(name, { server, run })
    return mcpTool({ name, server: { name: server, config }, listed, reviewed, spec: { description, schema } })
  }

  /** The tool that goes by a name for whoever calls, if it is what was reviewed. */
  async function asReviewed(name: string, { server, run }: { server: string; run: ToolRun }) {
    const { connection: at, offered } = placeOf(server, run.principal)
    await at.refresh(run.signal)
    const names = toolNames(
      server,
      at.tools().map((tool) => tool.name)
    )
    const found = (await reviewsOf(at)).find(({ tool }) => names.get(tool.name) === name)
    if (!found && at.failure()) throw at.failure()
    if (!found) throw new RuntimeError('UNKNOWN_TOOL', `the MCP server "${server}" has no tool "${name}" any more`)
    if (found.review !== 'reviewed') throw unreviewed(found.tool.name, { server, review: found.review })
    return { tool: found.tool, connection: at, offered }
  }

  const hub: McpHub = {
    servers,
    async refresh(principal, signal) {
      const looked = Object.keys(servers).map(async (server) => {
        const at = connectionOf(server, principal)
        await within(PATIENCE_MS, { work: at.refresh(signal), sleep, signal })
        return toolsOf(at)
      })
      const tools = (await Promise.all(looked)).flat()
      offered.set(principal, new Map(tools.map((tool) => [tool.name, tool])))
    },
    now: (principal) => [...(offered.get(principal)?.values() ?? [])],
    find(name, principal) {
      const known = offered.get(principal)?.get(name)
      if (known) return known
      const server = Object.keys(servers).find((each) => name.startsWith(`${each}__`))
      return server === undefined ? undefined : toolAs(name, { server, config: servers[server]!, listed: undefined })
    },
    async inspect(server, principal, signal = NEVER) {
      const at = connectionOf(server, principal)
      await at.refresh(signal)
      const failure = at.failure()
      if (failure) throw failure
      const names = toolNames(
        server,
        at.tools().map(({ name }) => name)
      )
      return (await reviewsOf(at)).map(({ tool, review }) => {
        const definition = definitionOf(tool)
        return { name: tool.name, offered: names.get(tool.name)!, review, definition, oddities: odditiesOf(definition) }
      })
    },
    approve: (server, seen) =>
      pins.set(server, Object.fromEntries(seen.map(({ definition }) => [definition.name, hashOf(definition)]))),
    failures(principal) {
      const failed = Object.keys(servers).flatMap((server) => {
        const failure = connections.get(JSON.stringify([server, principal]))?.connection.failure()
        return failure ? [[server, failure] as const] : []
      })
      return Object.fromEntries(failed)
    },
    async authorize(server, principal, signal = NEVER) {
      const config = remote(server)
      await authorizationOf(server, { config, principal }).authorize(signal)
    },
    async forget(server, principal) {
      const config = servers[server]
      if (!config || config.type === 'stdio') return
      const key = { principal, resource: config.url }
      await credentials.alone(key, () => credentials.write(key, undefined))
    },
    connection: connectionOf,
    async close() {
      await Promise.all([...connections.values()].map((each) => each.connection.close()))
    }
  }
  return hub
}

function unreviewed(tool: string, { server, review }: { server: string; review: Review }): RuntimeError {
  const why = review === 'changed' ? 'its definition has changed' : 'nobody has reviewed it'
  return new RuntimeError('MCP_UNREVIEWED', `"${tool}" of the MCP server "${server}" is not what was reviewed: ${why}`)
}

/** A step of an agent does not wait for a server that does not come: it goes on without its tools. */
async function within(
  ms: number,
  { work, sleep, signal }: { work: Promise<void>; signal: AbortSignal } & Waits
): Promise<void> {
  const over = new AbortController()
  const patience = sleep(ms, AbortSignal.any([over.signal, signal])).catch(() => {})
  await Promise.race([work, patience]).finally(() => over.abort())
  work.catch(() => {})
}
