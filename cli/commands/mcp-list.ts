import { Command } from 'commander'
import { checkedServers } from '../../tools/mcp/server.ts'
import { serversIn } from '../../tools/mcp/servers-file.ts'
import { EXIT } from '../exit-codes.ts'
import { serverLine } from '../view/mcp-lines.ts'
import { atMcp, type McpOptions, withMcp } from './at-mcp.ts'
import type { Setting } from './at-store.ts'

export function mcpListCommand(setting: Setting): Command {
  return withMcp(new Command('list'))
    .description('list the servers, each with all that would be run')
    .action((options: McpOptions) =>
      atMcp(options, setting, async ({ files, output }) => {
        const written = await serversIn(files.servers)
        if (options.json) output.json(written)
        else
          for (const [name, server] of Object.entries(checkedServers(written)))
            output.line(serverLine(name, server).text)
        return EXIT.completed.code
      })
    )
}
