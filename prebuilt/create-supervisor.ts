import type { Agent } from '../runtime/agent.ts'
import { type AgentInit, defineAgent } from './define-agent.ts'

export interface SupervisorInit extends Omit<AgentInit, 'name' | 'delegates'> {
  name?: string
  /** Whom it may delegate to: agents, or workers made of other graphs. */
  agents: readonly Agent[]
}

/** `defineAgent` for those who come from LangGraph's supervisor; the graph is compiled already. */
export const createSupervisor = ({ name = 'supervisor', agents, ...rest }: SupervisorInit) =>
  defineAgent({ ...rest, name, delegates: agents })
