import { Command, type GraphNode } from '@langchain/langgraph'
import type { AgentState } from '../state/agent.ts'
import { type Context, worldOf } from '../state/context.ts'
import { nextStop } from './standing.ts'

/** Join what ran side by side, and say where the step goes on. */
export const settle: GraphNode<typeof AgentState, Context> = (state, run) =>
  new Command({ goto: nextStop(state, worldOf(run).children) })
