import type { z } from 'zod'
import type { Agent, DrivenGraph } from '../runtime/agent.ts'
import { foreignDialect, type Speech } from '../runtime/dialects/foreign.ts'
import { checkedCharter, type Limits } from '../state/charter.ts'
import { RuntimeError } from '../state/errors.ts'
import { argsHash } from '../tools/args-hash.ts'
import { explained } from '../tools/policies/explained.ts'
import { judge } from '../tools/policies.ts'

export interface WorkerInit extends Speech {
  name: string
  description?: string
  /** Any compiled LangGraph graph, or an agent of langchain's `createAgent`. */
  graph: DrivenGraph | { graph: DrivenGraph }
  /** How long a turn of it may take. Its steps and tokens are its own affair. */
  limits?: Pick<z.input<typeof Limits>, 'idleMs' | 'totalMs' | 'handOverMs'>
}

/**
 * Makes any compiled LangGraph graph an agent that others may delegate to. It runs on a thread of its own, on the store of
 * the tree; its interrupts become asks. What its tools may do is its own affair: only its asks are governed, and what a remit
 * above it denies nobody can approve.
 * @throws RuntimeError BAD_WORKER, BAD_CHARTER
 */
export function worker({ name, description = '', graph, limits = {}, ...speech }: WorkerInit): Agent {
  const driven: unknown = isDriven(graph) || !('graph' in graph) ? graph : graph.graph
  if (!isDriven(driven))
    throw new RuntimeError(
      'BAD_WORKER',
      `the worker "${name}" needs a compiled graph: call compile() on the StateGraph`
    )
  return {
    charter: checkedCharter({ name, description, limits }),
    graph: driven,
    dialect: foreignDialect(argsHash, speech),
    judge: ({ name, args }, authority) => judge({ name, args }, authority),
    explain: ({ name, args }, authority) => {
      const call = { name, args: typeof args === 'string' ? { command: args } : args }
      return { judgement: judge(call, authority), parts: explained(call, authority) }
    },
    lesson: () => ({ ok: false, reason: 'its graph asks each time anew' }),
    delegates: []
  }
}

function isDriven(graph: unknown): graph is DrivenGraph {
  const { stream, getState, getStateHistory } = graph as Partial<DrivenGraph>
  return [stream, getState, getStateHistory].every((method) => typeof method === 'function')
}
