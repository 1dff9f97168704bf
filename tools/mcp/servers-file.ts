import { mkdir, readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { messageOf, RuntimeError } from '../../state/errors.ts'
import { atomicWrite } from '../coding/atomic-write.ts'
import { checkedServers, type McpServerInit, type McpServers } from './server.ts'

const REFERENCE = /\$\{([A-Z_][A-Z0-9_]*)\}/g

/** As they are written down: with `${NAME}` where a secret of the environment belongs. */
export type WrittenServers = Readonly<Record<string, McpServerInit>>

/** The servers of a file in the form that other clients know, `{"mcpServers": {…}}`; none where there is no file. */
export async function serversIn(file: string): Promise<WrittenServers> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
    return '{"mcpServers":{}}'
  })
  const { mcpServers } = parsed(text, file)
  checkedServers(mcpServers)
  return mcpServers as WrittenServers
}

export async function writeServers(file: string, servers: WrittenServers): Promise<void> {
  checkedServers(servers)
  await mkdir(dirname(file), { recursive: true })
  await atomicWrite(file, `${JSON.stringify({ mcpServers: servers }, undefined, 2)}\n`)
}

/**
 * The servers with what the environment keeps filled in.
 * @throws RuntimeError BAD_CHARTER where it lacks something
 */
export function filledIn(servers: WrittenServers, env: NodeJS.ProcessEnv): McpServers {
  const fill = (value: unknown): unknown => {
    if (typeof value === 'string') return value.replace(REFERENCE, (_whole, name: string) => kept(name, env))
    if (Array.isArray(value)) return value.map(fill)
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, fill(each)]))
  }
  return checkedServers(fill(servers))
}

function kept(name: string, env: NodeJS.ProcessEnv): string {
  const value = env[name]
  if (value !== undefined) return value
  throw new RuntimeError('BAD_CHARTER', `the MCP servers name \${${name}}, which the environment does not have`)
}

function parsed(text: string, file: string): { mcpServers: unknown } {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && 'mcpServers' in value) return value
  } catch (error) {
    throw new RuntimeError('BAD_CHARTER', `${file} is not JSON: ${messageOf(error)}`)
  }
  throw new RuntimeError('BAD_CHARTER', `${file} has no "mcpServers"`)
}
