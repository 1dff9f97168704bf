import type { Agent } from '../../runtime/agent.ts'
import { RuntimeError } from '../../state/errors.ts'
import type { ThreadRecord } from '../../state/threads.ts'
import { agentsOfModule } from './module-agents.ts'
import { PREBUILT_NAMES, prebuiltAgent } from './prebuilt-agents.ts'

/** What the caller said of the agents: `--agent`, `--agents`, `--model`. */
export interface AgentChoice {
  readonly agent?: string
  readonly agents?: string
  readonly model?: string
}

interface Where {
  readonly cwd: string
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
  { choice, cwd }: { choice: AgentChoice } & Where
): Promise<Agent> {
  const known = await knownAgents(choice, { cwd })
  const within = choice.agent === undefined ? known : [named(choice.agent, known)]
  const found = withDelegates(within).find(({ charter }) => charter.name === root.agent)
  if (found) return found
  const where = choice.agents ?? `the prebuilt ones (${namesOf(known)})`
  throw new RuntimeError(
    'UNKNOWN_AGENT',
    `thread ${root.threadId} is one of "${root.agent}", who is not among ${where}; name the module with --agents FILE`
  )
}

async function knownAgents({ agents, model }: AgentChoice, where: Where): Promise<readonly Agent[]> {
  if (agents !== undefined) return agentsOfModule(agents, where)
  return Promise.all(PREBUILT_NAMES.map((name) => prebuiltAgent(name, { model })))
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
