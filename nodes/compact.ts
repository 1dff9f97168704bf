import type { GraphNode } from '@langchain/langgraph'
import type { AgentState } from '../state/agent.ts'
import { type Context, worldOf } from '../state/context.ts'
import { laterView } from '../state/messages.ts'

/** Move the start of the view so that it fits; the thread keeps every message. */
export const compact: GraphNode<typeof AgentState, Context> = async (state, run) => {
  const { charter, hooks } = worldOf(run)
  const viewFrom = laterView(state.messages, { from: state.viewFrom, size: charter.limits.view })
  await hooks?.onCompaction({ messages: state.messages.length, viewFrom })
  return { viewFrom }
}
