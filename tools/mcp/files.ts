import { dirname, join, resolve } from 'node:path'

/** Where the MCP servers of a project are written down, and what belongs to them. */
export interface McpFiles {
  readonly servers: string
  /** What was reviewed: to be kept with the code. */
  readonly pins: string
  /** Authorizations, encrypted: not to be kept with the code. */
  readonly credentials: string
}

export const DEFAULT_SERVERS = '.deputy/mcp.json'

/** `file`, else `DEPUTY_MCP`, else the usual one; the others lie beside it. */
export function mcpFiles({
  file,
  env,
  cwd
}: {
  file?: string | undefined
  env: NodeJS.ProcessEnv
  cwd: string
}): McpFiles {
  const servers = resolve(cwd, file ?? (env.DEPUTY_MCP || DEFAULT_SERVERS))
  const beside = (name: string) => join(dirname(servers), name)
  return { servers, pins: beside('mcp-pins.json'), credentials: beside('mcp-credentials') }
}
