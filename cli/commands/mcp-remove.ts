import { Command } from 'commander'
import { RuntimeError } from '../../state/errors.ts'
import { pinsIn } from '../../tools/mcp/pins-file.ts'
import { serversIn, writeServers } from '../../tools/mcp/servers-file.ts'
import { EXIT } from '../exit-codes.ts'
import { type AtMcp, atMcp, type McpOptions, withPrincipal } from './at-mcp.ts'
import type { Setting } from './at-store.ts'
import { hubWith } from './mcp-server.ts'

export function mcpRemoveCommand(setting: Setting): Command {
  return withPrincipal(new Command('remove'))
    .description('forget a server, what was reviewed of it, and what was authorized for the principal')
    .argument('<name>', 'the name of a server')
    .action((name: string, options: McpOptions) => atMcp(options, setting, (at) => remove(name, { options, at })))
}

async function remove(name: string, { options, at }: { options: McpOptions; at: AtMcp }): Promise<number> {
  const { files, output, surroundings, principal } = at
  const { [name]: removed, ...others } = await serversIn(files.servers)
  if (!removed)
    throw new RuntimeError('BAD_ARGUMENTS', `there is no MCP server "${name}"; \`deputy mcp list\` lists them`)
  const hub = await hubWith(name, { files, env: surroundings.env }).catch(() => undefined)
  await hub?.forget(name, principal)
  await writeServers(files.servers, others)
  await pinsIn(files.pins).set(name, {})
  if (options.json) output.json({ removed: name })
  else output.line(`removed: ${name}`)
  return EXIT.completed.code
}
