import { START, StateGraph } from '@langchain/langgraph'
import { act } from '../nodes/act.ts'
import { ask } from '../nodes/ask.ts'
import { compact } from '../nodes/compact.ts'
import { gate } from '../nodes/gate.ts'
import { settle } from '../nodes/settle.ts'
import { think } from '../nodes/think.ts'
import { AgentState } from '../state/agent.ts'
import { Context } from '../state/context.ts'
import { type ParallelWriter, requireReducers } from '../state/parallel.ts'

/**
 * think → act → think, until the model stops calling tools. `gate` is visited when a call is not plainly allowed, `ask`
 * when somebody has to decide, `compact` when the view is too long.
 */
export function agentLoop(tools: readonly ParallelWriter[] = []) {
  requireReducers(AgentState, { node: 'act', writes: ['messages', ...tools.flatMap(({ writes }) => writes)] })
  return new StateGraph(AgentState, Context)
    .addNode('think', think, { ends: ['think', 'act', 'gate', 'ask', 'compact', '__end__'] })
    .addNode('gate', gate, { ends: ['act', 'ask', 'think'] })
    .addNode('act', act, { ends: ['think', 'settle', 'act'] })
    .addNode('ask', ask, { ends: ['act', 'ask', 'think'] })
    .addNode('settle', settle, { ends: ['think', 'ask'] })
    .addNode('compact', compact)
    .addEdge(START, 'think')
    .addEdge('compact', 'think')
}
