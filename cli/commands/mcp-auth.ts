import { Command } from 'commander'
import { RuntimeError } from '../../state/errors.ts'
import { EXIT } from '../exit-codes.ts'
import { loopbackAuthorizer } from '../mcp/loopback-authorizer.ts'
import { printable } from '../view/printable.ts'
import { type AtMcp, atMcp, type McpOptions, withPrincipal } from './at-mcp.ts'
import type { Setting } from './at-store.ts'
import { hubWith } from './mcp-server.ts'

export function mcpAuthCommand(setting: Setting): Command {
  return withPrincipal(new Command('auth'))
    .description('authorize a server for a principal: shows where to go, and waits for you to come back')
    .argument('<name>', 'the name of a server')
    .action((name: string, options: McpOptions) => atMcp(options, setting, (at) => authorize(name, { options, at })))
}

async function authorize(name: string, { options, at }: { options: McpOptions; at: AtMcp }): Promise<number> {
  const { files, output, surroundings, principal } = at
  const { env } = surroundings
  if (!env.DEPUTY_ENCRYPTION_KEY)
    throw new RuntimeError(
      'BAD_STORE',
      'authorizations are kept encrypted only: set DEPUTY_ENCRYPTION_KEY, as `openssl rand -hex 32` gives one'
    )
  const authorizer = await loopbackAuthorizer((url) => {
    output.aside(`${name} sends you to ${url.host}. Open this page and come back:\n${printable(url.href)}`)
  })
  const hub = await hubWith(name, { files, env, authorizer }).catch((error: unknown) => {
    authorizer.close()
    throw error
  })
  try {
    await hub.authorize(name, principal)
    if (options.json) output.json({ authorized: name, principal })
    else output.line(`authorized: ${name}${principal === null ? '' : ` for ${principal}`}`)
    return EXIT.completed.code
  } finally {
    authorizer.close()
    await hub.close()
  }
}
