import type { ProjectMcpInit } from '../../prebuilt/project-mcp.ts'
import { RuntimeError } from '../../state/errors.ts'
import type { McpHub } from '../../tools/mcp/hub.ts'

/** A hub with the one server that was named. @throws RuntimeError BAD_ARGUMENTS where there is none of that name */
export async function hubWith(name: string, init: Omit<ProjectMcpInit, 'only'>): Promise<McpHub> {
  // Only who speaks to servers loads what it takes.
  const { projectMcp } = await import('../../prebuilt/project-mcp.ts')
  const hub = await projectMcp({ ...init, only: name })
  if (hub.servers[name]) return hub
  throw new RuntimeError('BAD_ARGUMENTS', `there is no MCP server "${name}"; \`deputy mcp list\` lists them`)
}
