import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Agent } from '../../runtime/agent.ts'
import { Charter } from '../../state/charter.ts'
import { messageOf, RuntimeError } from '../../state/errors.ts'

/**
 * The agents that a module exports, by whatever names; other exports are left alone.
 * @throws RuntimeError BAD_ARGUMENTS where the module cannot be loaded or exports none
 */
export async function agentsOfModule(file: string, { cwd }: { cwd: string }): Promise<Agent[]> {
  const path = resolve(cwd, file)
  const agents = [
    ...new Set(
      Object.values(await loaded(path))
        .flat()
        .filter(isAgent)
    )
  ]
  if (agents.length > 0) return agents
  throw new RuntimeError(
    'BAD_ARGUMENTS',
    `${path} exports no agent; write e.g. export const researcher = defineAgent({ name: 'researcher', … })`
  )
}

async function loaded(path: string): Promise<Record<string, unknown>> {
  try {
    return (await import(pathToFileURL(path).href)) as Record<string, unknown>
  } catch (cause) {
    if (cause instanceof RuntimeError) throw cause
    const hint = hasNoLoader(cause) ? '; run the command under tsx, or name a .js file' : ''
    throw new RuntimeError('BAD_ARGUMENTS', `the agents of ${path} cannot be loaded: ${messageOf(cause)}${hint}`, {
      cause
    })
  }
}

/** Node 20 reads no TypeScript by itself. */
function hasNoLoader(error: unknown): boolean {
  return (error as { code?: unknown }).code === 'ERR_UNKNOWN_FILE_EXTENSION'
}

function isAgent(value: unknown): value is Agent {
  if (typeof value !== 'object' || value === null) return false
  const { charter, graph, dialect, delegates } = value as Partial<Agent>
  return (
    Charter.safeParse(charter).success &&
    Boolean(dialect) &&
    Array.isArray(delegates) &&
    typeof graph?.stream === 'function'
  )
}
