import type { Agent } from '../../runtime/agent.ts'
import { RuntimeError } from '../../state/errors.ts'
import type { ThreadRecord } from '../../state/threads.ts'
import type { ToolSource } from '../../tools/tool-source.ts'
import { agentsOfModule } from './module-agents.ts'
import { PREBUILT_NAMES, prebuiltAgent } from './prebuilt-agents.ts'

/** What the caller said of the agents: `--agent`, `--agents`, `--model`, `--mcp`. */
export interface AgentChoice {
  readonly agent?: string
  readonly agents?: string
  readonly model?: string
  readonly mcp?: boolean
}

interface Where {
  readonly cwd: string
  readonly env: NodeJS.ProcessEnv
}

/**
 * The agent that a new thread is given to: the one that is named, else the only one of the module on which no other there
 * depends, else the prebuilt team.
 * @throws RuntimeError UNKNOWN_AGENT, BAD_ARGUMENTS
 */
export async function chosenAgent(choice: AgentChoice, where: Where): Promise<Agent> {
  const known = await knownAgents(choice, where)
  if (choice.agent !== undefined) return named(choice.agent, known)
  if (choice.agents === undefined) return named('team', known)
  const [only, ...others] = tops(known)
  if (only && others.length === 0) return only
  throw new RuntimeError(
    'BAD_ARGUMENTS',
    `${choice.agents} exports several agents; choose with --agent: ${namesOf(known)}`
  )
}

/**
 * The agent that a tree began with, found by the name that its root thread keeps.
 * @throws RuntimeError UNKNOWN_AGENT
 */
export async function agentOfTree(
  root: ThreadRecord,
  { choice, ...where }: { choice: AgentChoice } & Where
): Promise<Agent> {
  const known = await knownAgents(choice, where)
  const within = choice.agent === undefined ? known : [named(choice.agent, known)]
  const found = withDelegates(within).find(({ charter }) => charter.name === root.agent)
  if (found) return found
  const place = choice.agents ?? `the prebuilt ones (${namesOf(known)})`
  throw new RuntimeError(
    'UNKNOWN_AGENT',
    `thread ${root.threadId} is one of "${root.agent}", who is not among ${place}; name the module with --agents FILE`
  )
}

async function knownAgents({ agents, model, mcp }: AgentChoice, where: Where): Promise<readonly Agent[]> {
  if (agents !== undefined) return agentsOfModule(agents, where)
  const sources = mcp ? [await projectServers(where)] : []
  return Promise.all(PREBUILT_NAMES.map((name) => prebuiltAgent(name, { ...(model && { model }), sources })))
}

/** The MCP servers that somebody has written down. They are connected to when an agent first looks for its tools. */
async function projectServers({ cwd, env }: Where): Promise<ToolSource> {
  const [{ projectMcp }, { mcpFiles }] = await Promise.all([
    import('../../prebuilt/project-mcp.ts'),
    import('../../tools/mcp/files.ts')
  ])
  return projectMcp({ files: mcpFiles({ env, cwd }), env, workspace: cwd })
}

function named(name: string, agents: readonly Agent[]): Agent {
  const found = agents.find(({ charter }) => charter.name === name)
  if (found) return found
  throw new RuntimeError('UNKNOWN_AGENT', `no agent is named "${name}"; there are: ${namesOf(agents)}`)
}

function tops(agents: readonly Agent[]): Agent[] {
  const below = new Set(agents.flatMap(({ delegates }) => withDelegates(delegates)))
  return agents.filter((agent) => !below.has(agent))
}

function withDelegates(agents: readonly Agent[]): Agent[] {
  return agents.flatMap((agent) => [agent, ...withDelegates(agent.delegates)])
}

function namesOf(agents: readonly Agent[]): string {
  return agents.map(({ charter }) => charter.name).join(', ')
}
