// The hub as the client under test of the official suite: each scenario is a program of a few lines on it. The suite starts this
// with the url of its server as the last argument.
import type { ElicitResult } from '@modelcontextprotocol/client'
import { type McpHub, mcpHub } from '../../../tools/mcp/hub.ts'
import type { Authorizer } from '../../../tools/mcp/oauth/authorizer.ts'
import { pinsOfFirstSight } from '../../../tools/mcp/pins.ts'
import type { McpServerInit } from '../../../tools/mcp/server.ts'
import { memoryOutputs } from '../../support/tool-run.ts'

const { MCP_CONFORMANCE_SCENARIO: scenario = '', MCP_CONFORMANCE_CONTEXT = '{}' } = process.env
const { MCP_CONFORMANCE_PROTOCOL_VERSION: revision } = process.env
const context = JSON.parse(MCP_CONFORMANCE_CONTEXT) as Context
const url = process.argv.at(-1)!
const SERVER = 'suite'
const NEVER = new AbortController().signal

interface Context {
  readonly toolCalls?: readonly { name: string; arguments: Record<string, unknown> }[]
  readonly client_id?: string
  readonly client_secret?: string
}

/** Goes where a person would be sent, and comes back with what the page says. */
const authorizer: Authorizer = {
  redirectUrl: 'http://localhost:3000/callback',
  async authorize(page) {
    const response = await fetch(page, { redirect: 'manual' })
    const back = response.headers.get('location')
    if (!back) throw new Error(`no way back from ${page.origin}: ${response.status}`)
    return new URL(back).searchParams
  }
}

/** Mocks without `server/discover`: that they speak the newer revision is known. */
const KNOWN_MODERN = /^(http-|sep-2322)/

const server: McpServerInit = {
  type: 'http',
  url,
  reach: ['loopback'],
  sampling: { tokens: 1_000_000 },
  roots: [],
  protocol: KNOWN_MODERN.test(scenario) ? '2026-07-28' : revision === '2025-11-25' ? '2025-11-25' : 'auto',
  oauth: {
    clientMetadataUrl: 'https://conformance-test.local/client-metadata.json',
    ...(context.client_id !== undefined && { clientId: context.client_id }),
    ...(context.client_secret !== undefined && { clientSecret: context.client_secret })
  }
}

const accepts = async (): Promise<ElicitResult> => ({ action: 'accept', content: {} })

const hub = mcpHub({
  servers: { [SERVER]: server },
  pins: pinsOfFirstSight(),
  authorizer,
  offers: { elicit: accepts, sample: async () => ({ model: 'none', text: '' }) }
})

/** Calls a tool as an agent would: by the name that it is offered under. */
async function call(name: string, args: Record<string, unknown>): Promise<void> {
  const seen = await hub.inspect(SERVER, null)
  const offered = seen.find((tool) => tool.name === name)?.offered
  if (offered === undefined) return
  await hub.find(offered, null)!.run(args, {
    callId: 'call',
    signal: NEVER,
    workspace: undefined,
    threadId: 'thread',
    principal: null,
    outputs: memoryOutputs(),
    clock: { now: Date.now },
    idempotencyKey: name,
    progress: () => {}
  })
}

const ARGUMENTS: Record<string, Record<string, unknown>> = { add_numbers: { a: 5, b: 3 } }

async function callAll(hub: McpHub): Promise<void> {
  const calls =
    context.toolCalls ??
    (await hub.inspect(SERVER, null)).map(({ name }) => ({ name, arguments: ARGUMENTS[name] ?? {} }))
  for (const { name, arguments: args } of calls) await call(name, args)
}

const PROGRAMS: Record<string, () => Promise<unknown>> = {
  initialize: () => hub.inspect(SERVER, null),
  'json-schema-ref-no-deref': () => hub.inspect(SERVER, null),
  'http-standard-headers': async () => {
    await callAll(hub)
    await hub.connection(SERVER, null).use(async ({ client }) => {
      for (const { uri } of (await client.listResources()).resources) await client.readResource({ uri })
      for (const { name } of (await client.listPrompts()).prompts) await client.getPrompt({ name })
    }, NEVER)
  }
}

try {
  await (PROGRAMS[scenario] ?? (() => callAll(hub)))()
} catch (error) {
  console.error(error)
  process.exitCode = 1
} finally {
  await hub.close()
}
