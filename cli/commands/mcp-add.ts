import { Command } from 'commander'
import { RuntimeError } from '../../state/errors.ts'
import { checkedServers, type McpServerInit } from '../../tools/mcp/server.ts'
import { serversIn, writeServers } from '../../tools/mcp/servers-file.ts'
import { EXIT } from '../exit-codes.ts'
import { serverLine } from '../view/mcp-lines.ts'
import { type AtMcp, atMcp, type McpOptions, withMcp } from './at-mcp.ts'
import type { Setting } from './at-store.ts'

interface AddOptions extends McpOptions {
  readonly url?: string
  readonly sse?: boolean
  readonly env?: readonly string[]
  readonly header?: readonly string[]
  readonly reach?: readonly ('loopback' | 'private')[]
}

const gathered = (value: string, before: readonly string[] = []) => [...before, value]

export function mcpAddCommand(setting: Setting): Command {
  return withMcp(new Command('add'))
    .description('write a server down; nothing of it is offered to a model before it was reviewed')
    .argument('<name>', 'lower case letters, digits and -')
    .argument('[command...]', 'what starts it, after --; or give --url')
    .option('--url <url>', 'where it is, over HTTP')
    .option('--sse', 'it speaks the older HTTP+SSE')
    .option('--env <NAME=value>', `for its process; \${NAME} in the value is taken from the environment`, gathered)
    .option('--header <name: value>', `for its requests; \${NAME} in the value is taken from the environment`, gathered)
    .option('--reach <kind>', 'loopback or private: where it may lead to beside public addresses', gathered)
    .action((name: string, command: string[], options: AddOptions) =>
      atMcp(options, setting, (at) => add(name, { command, options, at }))
    )
}

async function add(
  name: string,
  { command, options, at }: { command: readonly string[]; options: AddOptions; at: AtMcp }
): Promise<number> {
  const { files, output } = at
  const written = await serversIn(files.servers)
  if (Object.hasOwn(written, name))
    throw new RuntimeError('BAD_ARGUMENTS', `there is an MCP server "${name}" already; remove it first`)
  const server = serverOf(command, options)
  const checked = checkedServers({ [name]: server })[name]!
  await writeServers(files.servers, { ...written, [name]: server })
  if (options.json) output.json({ [name]: server })
  else {
    output.line(`added: ${serverLine(name, checked).text}`)
    output.line(`next: deputy mcp test ${name}`)
  }
  return EXIT.completed.code
}

function serverOf(
  [command, ...args]: readonly string[],
  { url, sse, env = [], header = [], reach }: AddOptions
): McpServerInit {
  if ((command === undefined) === (url === undefined))
    throw new RuntimeError('BAD_ARGUMENTS', 'give either a command after --, or --url')
  if (command !== undefined) return { command, args, ...(env.length > 0 && { env: pairs(env, '=') }) }
  const rest = { ...(header.length > 0 && { headers: pairs(header, ':') }), ...(reach && { reach: [...reach] }) }
  return { ...(sse && { type: 'sse' as const }), url: url!, ...rest } as McpServerInit
}

function pairs(texts: readonly string[], between: string): Record<string, string> {
  return Object.fromEntries(
    texts.map((text) => {
      const at = text.indexOf(between)
      if (at < 1) throw new RuntimeError('BAD_ARGUMENTS', `"${text}" is not of the form NAME${between}VALUE`)
      return [text.slice(0, at).trim(), text.slice(at + 1).trim()]
    })
  )
}
