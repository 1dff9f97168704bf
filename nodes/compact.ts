import type { GraphNode } from '@langchain/langgraph'
import type { AgentState } from '../state/agent.ts'
import { type Context, worldOf } from '../state/context.ts'
import { laterView } from '../state/messages.ts'

/** Move the start of the view so that it fits; the thread keeps every message. */
export const compact: GraphNode<typeof AgentState, Context> = (state, run) => ({
  viewFrom: laterView(state.messages, { from: state.viewFrom, size: worldOf(run).charter.limits.view })
})
