import { Command, type GraphNode } from '@langchain/langgraph'
import type { AgentState } from '../state/agent.ts'
import { nextStop } from './standing.ts'

/** Join what ran side by side, and say where the step goes on. */
export const settle: GraphNode<typeof AgentState> = (state) => new Command({ goto: nextStop(state) })
