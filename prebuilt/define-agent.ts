import type { BaseChatModel } from '@langchain/core/language_models/chat_models'
import type { BaseStore } from '@langchain/langgraph'
import type { z } from 'zod'
import { agentLoop } from '../graphs/agent-loop.ts'
import { supervisor } from '../graphs/supervisor.ts'
import { metered } from '../models/metered.ts'
import { connect } from '../models/router.ts'
import type { Agent, PortsOf } from '../runtime/agent.ts'
import { deputyDialect } from '../runtime/dialects/deputy.ts'
import { type ServedOptions, servedPorts } from '../runtime/served.ts'
import { type Charter, checkedCharter } from '../state/charter.ts'
import { BOUND_WORLD, type Context, type ModelPort } from '../state/context.ts'
import { RuntimeError } from '../state/errors.ts'
import { allow } from '../state/remit.ts'
import { agentTools } from '../tools/agent-tools.ts'
import { isLayers, type ToolLayers } from '../tools/layers.ts'
import { readOutput } from '../tools/read-output.ts'
import type { Tool } from '../tools/tool.ts'
import type { ToolSource } from '../tools/tool-source.ts'

export interface AgentInit extends Omit<z.input<typeof Charter>, 'model'> {
  /** `provider:model`, or any LangChain chat model. By default what `DEPUTY_MODEL` names. */
  model?: string | BaseChatModel | undefined
  /** Its tools, or layers of them that come and go. */
  tools?: readonly Tool[] | ToolLayers
  /** Tools that others have, those of an `mcpHub` for one. */
  sources?: readonly ToolSource[]
  /** Where it keeps what outlives its threads; LangGraph Server brings one of its own. */
  store?: BaseStore
  /** Whom it may delegate to: agents, or workers made of other graphs. */
  delegates?: readonly Agent[]
  /** What holds where LangGraph Server, or anybody else, drives its graph; `agentRuntime` has options of its own. */
  served?: ServedOptions | undefined
}

/**
 * An agent: a compiled graph that LangGraph Server can serve as it is, and that `agentRuntime` drives.
 * @throws RuntimeError BAD_CHARTER, BAD_ARGUMENTS where two tools share a name, UNREDUCED_FIELD where a tool writes a field that
 * parallel calls would overwrite
 */
export function defineAgent({
  model,
  tools = [],
  sources = [],
  delegates = [],
  store,
  served = {},
  ...rest
}: AgentInit) {
  const charter = checkedCharter({
    ...rest,
    remit: [...(rest.remit ?? []), allow(readOutput.name)],
    model: typeof model === 'string' ? model : undefined
  })
  const toolsFor = agentTools({
    tools,
    sources,
    delegates: delegates.map((agent) => agent.charter),
    background: charter.background,
    limits: { output: charter.limits.output }
  })
  const speaks = modelPort(model)
  const context = (portsOf: PortsOf): Context => ({
    world(config) {
      const ports = portsOf(config)
      return { ...ports, charter, model: speaks, tools: toolsFor(ports.principal).now() }
    }
  })
  const writers = isLayers(tools) ? tools.standing : tools
  const builder = delegates.length > 0 ? supervisor(writers) : agentLoop(writers)
  const compiled = builder.compile({ name: charter.name, ...(store && { store }) })
  const anybodys = toolsFor(null)
  const parts = {
    charter,
    delegates,
    dialect: deputyDialect,
    judge: anybodys.judge,
    explain: anybodys.explain,
    lesson: anybodys.lesson,
    context
  }
  // Served by others, the graph makes its world itself; the context that our runtime passes goes before this one.
  const graph = withDefaults(compiled, {
    configurable: { [BOUND_WORLD]: context(servedPorts({ ...parts, graph: compiled }, served)).world },
    recursionLimit: SERVED_RECURSION_LIMIT
  })
  return { ...parts, graph } satisfies Agent
}

/** Far above any turn that `limits.steps` allows. */
const SERVED_RECURSION_LIMIT = 100_000

/** LangGraph types `withConfig` by the graph; what is bound here suits each of ours. */
function withDefaults<Graph extends { withConfig(config: never): unknown }>(
  graph: Graph,
  defaults: { configurable: Record<string, unknown>; recursionLimit: number }
): Graph {
  return graph.withConfig(defaults as never) as Graph
}

function modelPort(model: AgentInit['model']): ModelPort {
  if (model !== undefined && typeof model !== 'string') return metered(model)
  return metered(async () => {
    const name = model ?? process.env.DEPUTY_MODEL
    if (name) return connect(name)
    throw new RuntimeError('MODEL_MISSING', 'the agent names no model: give it one, or set DEPUTY_MODEL=provider:model')
  })
}
