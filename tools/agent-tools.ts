import type { Principal } from '../state/threads.ts'
import { type Editions, editions } from './editions.ts'
import { isLayers, type ToolLayers } from './layers.ts'
import { readOutput } from './read-output.ts'
import { type ToolsetInit, toolset } from './registry.ts'
import type { Tool } from './tool.ts'

export interface AgentToolsInit extends Omit<ToolsetInit, 'tools'> {
  readonly tools: readonly Tool[] | ToolLayers
}

/**
 * The tools of one agent, for each principal.
 * @throws RuntimeError BAD_ARGUMENTS where two tools have the same name
 */
export function agentTools({ tools, ...init }: AgentToolsInit): (principal: Principal) => Editions {
  const anybody = made(null)
  if (!init.sources?.length) return () => anybody
  const byPrincipal = new Map<Principal, Editions>([[null, anybody]])

  function made(principal: Principal): Editions {
    if (isLayers(tools)) return editions({ ...init, layers: tools, always: [readOutput], principal })
    const port = toolset({ ...init, tools: [...tools, readOutput], principal })
    const { judge, explain, lesson } = port
    return { now: () => port, judge, explain, lesson }
  }

  return (principal) => {
    const known = byPrincipal.get(principal) ?? made(principal)
    byPrincipal.set(principal, known)
    return known
  }
}
