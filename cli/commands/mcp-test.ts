import { Command } from 'commander'
import { EXIT } from '../exit-codes.ts'
import { reviewLines } from '../view/mcp-lines.ts'
import { painted } from '../view/toned.ts'
import { type AtMcp, atMcp, type McpOptions, withPrincipal } from './at-mcp.ts'
import type { Setting } from './at-store.ts'
import { hubWith } from './mcp-server.ts'

interface TestOptions extends McpOptions {
  readonly approve?: boolean
}

export function mcpTestCommand(setting: Setting): Command {
  return withPrincipal(new Command('test'))
    .description('connect to a server and show what of it is new or has changed since it was reviewed')
    .argument('<name>', 'the name of a server')
    .option('--approve', 'pin its tools as they are now')
    .action((name: string, options: TestOptions) => atMcp(options, setting, (at) => test(name, { options, at })))
}

async function test(name: string, { options, at }: { options: TestOptions; at: AtMcp }): Promise<number> {
  const { files, output, surroundings, principal } = at
  const hub = await hubWith(name, { files, env: surroundings.env, workspace: surroundings.cwd })
  try {
    const seen = await hub.inspect(name, principal)
    if (options.approve) await hub.approve(name, seen)
    const open = options.approve ? 0 : seen.filter(({ review }) => review !== 'reviewed').length
    if (options.json) output.json(seen)
    else for (const line of reviewLines(seen)) output.line(painted(line, output.paint))
    if (!options.json) output.line(verdict(name, { tools: seen.length, open }))
    return open > 0 ? EXIT.asking.code : EXIT.completed.code
  } finally {
    await hub.close()
  }
}

function verdict(name: string, { tools, open }: { tools: number; open: number }): string {
  if (open === 0) return `${name}: ${tools} tools, all reviewed`
  return `${name}: ${open} of ${tools} tools wait for a review; read them, then: deputy mcp test ${name} --approve`
}
