import { Command } from 'commander'
import type { Setting } from './at-store.ts'
import { mcpAddCommand } from './mcp-add.ts'
import { mcpAuthCommand } from './mcp-auth.ts'
import { mcpListCommand } from './mcp-list.ts'
import { mcpRemoveCommand } from './mcp-remove.ts'
import { mcpTestCommand } from './mcp-test.ts'

const COMMANDS: readonly ((setting: Setting) => Command)[] = [
  mcpAddCommand,
  mcpListCommand,
  mcpTestCommand,
  mcpAuthCommand,
  mcpRemoveCommand
]

/** The MCP servers of a project. */
export function mcpCommand(setting: Setting): Command {
  const mcp = new Command('mcp').description('add, review, authorize and remove the MCP servers of a project')
  for (const command of COMMANDS) mcp.addCommand(command(setting))
  return mcp
}
