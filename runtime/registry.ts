import type { Authority, Standpoint } from '../state/context.ts'
import { RuntimeError } from '../state/errors.ts'
import type { TreePolicy } from '../state/policy.ts'
import type { ThreadRecord } from '../state/threads.ts'
import type { Agent } from './agent.ts'
import { policyOver } from './tree-policy.ts'

/** The agents that a runtime knows: those it was given and all whom these may delegate to. */
export interface Registry {
  readonly names: readonly string[]
  /** @throws RuntimeError UNKNOWN_AGENT */
  agent(name: string): Agent
  /** The agent that stands at a path. */
  at(path: string): Agent
  /** An agent and all whom it may delegate to, and they in turn. */
  below(name: string): readonly Agent[]
  /**
   * What the agent of a thread may do: the remits along its path, its own first, and what holds for all of them, with what is
   * kept of its tree. @throws RuntimeError BAD_POLICY
   */
  authorityOf(
    thread: Pick<ThreadRecord, 'path' | 'workspace'>,
    kept: TreePolicy | null
  ): Required<Standpoint> & Pick<Authority, 'remits'>
  /** How many levels may still stand below the last agent of a path. */
  depthLeft(path: string): number
}

export function registry(roots: readonly Agent[], { policy }: Partial<Pick<Standpoint, 'policy'>> = {}): Registry {
  const byName = new Map<string, Agent>()
  const add = (agent: Agent): void => {
    const { name } = agent.charter
    const known = byName.get(name)
    if (known === agent) return
    if (known)
      throw new RuntimeError(
        'BAD_WORKER',
        `two different agents are named "${name}"; a path has to say which one it means`
      )
    byName.set(name, agent)
    agent.delegates.forEach(add)
  }
  roots.forEach(add)

  const agent = (name: string): Agent => {
    const found = byName.get(name)
    if (found) return found
    throw new RuntimeError('UNKNOWN_AGENT', `no agent is named "${name}"; known: ${[...byName.keys()].join(', ')}`)
  }
  const along = (path: string): Agent[] => path.split('/').map(agent)

  const below = (root: Agent, found = new Set<Agent>()): Set<Agent> => {
    if (found.has(root)) return found
    found.add(root)
    for (const delegate of root.delegates) below(delegate, found)
    return found
  }

  return {
    below: (name) => [...below(agent(name))],
    names: [...byName.keys()],
    agent,
    at: (path) => along(path).at(-1)!,
    authorityOf: ({ path, workspace }, kept) => ({
      remits: along(path)
        .map(({ charter }) => charter.remit)
        .reverse(),
      path,
      workspace: workspace ?? undefined,
      policy: policyOver(policy, kept)
    }),
    depthLeft: (path) =>
      Math.min(...along(path).map(({ charter }, level, all) => charter.limits.depth - (all.length - 1 - level)))
  }
}
