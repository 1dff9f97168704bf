import { START, StateGraph } from '@langchain/langgraph'
import { act } from '../nodes/act.ts'
import { arbitrate } from '../nodes/arbitrate.ts'
import { ask } from '../nodes/ask.ts'
import { attend } from '../nodes/attend.ts'
import { compact } from '../nodes/compact.ts'
import { dispatch } from '../nodes/dispatch.ts'
import { gate } from '../nodes/gate.ts'
import { settle } from '../nodes/settle.ts'
import { think } from '../nodes/think.ts'
import { AgentState } from '../state/agent.ts'
import { Context } from '../state/context.ts'
import { type ParallelWriter, requireReducers } from '../state/parallel.ts'

/**
 * The agent loop of an agent that delegates: `dispatch` starts children, `attend` waits for whatever comes first,
 * `arbitrate` answers what they ask or lets `ask` pass it up.
 */
export function supervisor(tools: readonly ParallelWriter[] = []) {
  requireReducers(AgentState, { node: 'act', writes: ['messages', ...tools.flatMap(({ writes }) => writes)] })
  return new StateGraph(AgentState, Context)
    .addNode('think', think, { ends: ['think', 'act', 'gate', 'ask', 'dispatch', 'attend', 'compact', '__end__'] })
    .addNode('gate', gate, { ends: ['act', 'dispatch', 'ask', 'think'] })
    .addNode('act', act, { ends: ['think', 'settle', 'act'] })
    .addNode('dispatch', dispatch, { ends: ['attend', 'settle', 'think'] })
    .addNode('attend', attend, { ends: ['attend', 'arbitrate', 'ask', 'think', '__end__'] })
    .addNode('arbitrate', arbitrate, { ends: ['attend', 'ask', 'think', '__end__'] })
    .addNode('ask', ask, { ends: ['act', 'attend', 'ask', 'think'] })
    .addNode('settle', settle, { ends: ['think', 'attend', 'ask'] })
    .addNode('compact', compact)
    .addEdge(START, 'think')
    .addEdge('compact', 'think')
}
