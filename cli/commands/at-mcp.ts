import type { Command } from 'commander'
import { type McpFiles, mcpFiles } from '../../tools/mcp/files.ts'
import { type Output, outputOf } from '../output.ts'
import { refuse } from '../refusal.ts'
import type { Surroundings } from '../surroundings.ts'
import type { Setting } from './at-store.ts'

export interface McpOptions {
  readonly file?: string
  readonly json?: boolean
  readonly principal?: string
}

export interface AtMcp {
  readonly files: McpFiles
  readonly output: Output
  readonly surroundings: Surroundings
  readonly principal: string | null
}

export function withMcp(command: Command): Command {
  return command
    .option('--file <path>', 'where the servers are written down; DEPUTY_MCP, else .deputy/mcp.json')
    .option('--json', 'answer in JSON')
}

export function withPrincipal(command: Command): Command {
  return withMcp(command).option('--principal <name>', 'for whom; DEPUTY_PRINCIPAL by default')
}

/** A command on the servers of a project, up to its exit code; what is thrown is told on stderr. */
export async function atMcp(
  options: McpOptions,
  { surroundings, exit }: Setting,
  work: (at: AtMcp) => Promise<number>
): Promise<void> {
  const { env, cwd } = surroundings
  try {
    const files = mcpFiles({ file: options.file, env, cwd })
    const principal = options.principal ?? (env.DEPUTY_PRINCIPAL || null)
    exit(await work({ files, principal, surroundings, output: outputOf(surroundings, { store: '' }) }))
  } catch (error) {
    exit(refuse(error, { surroundings, json: options.json ?? false }))
  }
}
