import { z } from 'zod'
import { RuntimeError } from '../../state/errors.ts'
import { lookalikes } from './looks-alike.ts'

const NAME = 'the name of a server is up to 24 lower case letters, digits and -, and starts with a letter'
/** Short, since it stands before the name of each of its tools; without `_`, so that its end is found again. */
export const ServerName = z.string().regex(/^[a-z][a-z0-9-]{0,23}$/, NAME)

const Pattern = z.string().min(1)

const RootPath = z
  .string()
  .min(1)
  .refine((path) => !path.split(/[\\/]/).includes('..'), 'a root is a directory of the workspace, without ..')

const Common = {
  /** The tools that are taken, as patterns; all where nothing is said. */
  include: z.array(Pattern).exactOptional(),
  /** The tools that are left out, also if they are included. */
  exclude: z.array(Pattern).default([]),
  /** What a repeated call does, by pattern of the tool's name. What a server says of that itself counts for nothing. */
  effects: z.record(Pattern, z.enum(['read', 'idempotent', 'once'])).default({}),
  /** Lets the server ask the model of the agent that calls it: how many tokens that may cost over one connection. */
  sampling: z.strictObject({ tokens: z.number().int().positive() }).exactOptional(),
  /** Directories of the workspace that the server is told of; it is told that there are such only where this is given. */
  roots: z.array(RootPath).exactOptional(),
  /** Milliseconds without an answer or a sign of progress after which a request is given up. */
  timeoutMs: z.number().int().positive().default(60_000),
  /** Milliseconds of a call in all, however much progress there is. */
  totalMs: z.number().int().positive().default(600_000),
  limits: z
    .strictObject({
      /** Of a response, of an event, of a line. */
      bytes: z
        .number()
        .int()
        .positive()
        .default(8 * 1024 * 1024),
      tools: z.number().int().positive().default(256),
      /** Of the JSON of one tool's definition. */
      definition: z
        .number()
        .int()
        .positive()
        .default(64 * 1024),
      /** Calls at once; others wait for their turn. */
      calls: z.number().int().positive().default(16)
    })
    .prefault({}),
  /** The revision that is spoken; otherwise the server is asked. */
  protocol: z.enum(['auto', '2025-11-25', '2026-07-28']).default('auto')
}

const Remote = {
  url: z.url({ protocol: /^https?$/ }),
  headers: z.record(z.string(), z.string()).default({}),
  /** Addresses that it, and what it names, may lead to beside public ones. */
  reach: z.array(z.enum(['loopback', 'private'])).default([]),
  oauth: z
    .strictObject({
      /** Where it was registered by hand. */
      clientId: z.string().exactOptional(),
      clientSecret: z.string().exactOptional(),
      /** Where a document about the client lies, that is its id at servers that take one. */
      clientMetadataUrl: z.url({ protocol: /^https$/ }).exactOptional(),
      scope: z.string().exactOptional()
    })
    .prefault({})
}

/** How one MCP server is reached, and what is taken of it. */
export const McpServer = z.union([
  z.strictObject({
    type: z.literal('stdio').default('stdio'),
    command: z.string().min(1),
    args: z.array(z.string()).default([]),
    /** All that it gets of an environment beyond PATH, HOME and the like. */
    env: z.record(z.string(), z.string()).default({}),
    cwd: z.string().exactOptional(),
    ...Common
  }),
  z.strictObject({ type: z.literal('http').default('http'), ...Remote, ...Common }),
  z.strictObject({ type: z.literal('sse'), ...Remote, ...Common })
])
export type McpServer = z.infer<typeof McpServer>
export type McpServerInit = z.input<typeof McpServer>
export type RemoteServer = Exclude<McpServer, { type: 'stdio' }>

export const McpServers = z.record(ServerName, McpServer, {
  error: ({ code }) => (code === 'invalid_key' ? NAME : undefined)
})
export type McpServers = Readonly<Record<string, McpServer>>

/** @throws RuntimeError BAD_CHARTER naming each field that is wrong, and two servers that look like one */
export function checkedServers(init: unknown): McpServers {
  const parsed = McpServers.safeParse(init)
  if (!parsed.success)
    throw new RuntimeError('BAD_CHARTER', `the MCP servers are not valid:\n${z.prettifyError(parsed.error)}`)
  const alike = lookalikes(Object.keys(parsed.data))
  if (!alike) return parsed.data
  throw new RuntimeError(
    'BAD_CHARTER',
    `the MCP servers "${alike[0]}" and "${alike[1]}" look like one: rename one of them`
  )
}
