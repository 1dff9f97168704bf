import { sealedTexts } from '../checkpointers/sealed-texts.ts'
import type { McpFiles } from '../tools/mcp/files.ts'
import { type McpHub, type McpHubInit, mcpHub } from '../tools/mcp/hub.ts'
import { keptCredentials } from '../tools/mcp/oauth/kept-credentials.ts'
import { pinsIn } from '../tools/mcp/pins-file.ts'
import { filledIn, serversIn } from '../tools/mcp/servers-file.ts'

export interface ProjectMcpInit extends Partial<Pick<McpHubInit, 'authorizer' | 'offers' | 'version' | 'workspace'>> {
  readonly files: McpFiles
  readonly env: NodeJS.ProcessEnv
  /** The one server that is meant; all where nothing is said. */
  readonly only?: string
}

/**
 * The MCP servers that a project has written down, with what was reviewed of them and what was authorized. Authorizations are
 * there where `DEPUTY_ENCRYPTION_KEY` is.
 * @throws RuntimeError BAD_CHARTER
 */
export async function projectMcp({ files, env, only, ...rest }: ProjectMcpInit): Promise<McpHub> {
  const written = await serversIn(files.servers)
  const meant =
    only === undefined ? written : Object.fromEntries(Object.entries(written).filter(([name]) => name === only))
  const { DEPUTY_ENCRYPTION_KEY: encryptionKey } = env
  const credentials = encryptionKey ? keptCredentials(sealedTexts(files.credentials, { encryptionKey })) : undefined
  return mcpHub({
    servers: filledIn(meant, env),
    pins: pinsIn(files.pins),
    ...(credentials && { credentials }),
    ...rest
  })
}
