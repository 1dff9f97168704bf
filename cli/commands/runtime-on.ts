import type { Agent } from '../../runtime/agent.ts'
import type { AgentRuntime } from '../../runtime/agent-runtime.ts'
import type { SeenStore } from './seen-store.ts'

/** LangGraph takes most of a second to load: what does without it, as `--help` does, is not to wait for it. */
export async function runtimeOn(store: SeenStore, agents: readonly Agent[] = []): Promise<AgentRuntime> {
  const { agentRuntime } = await import('../../runtime/agent-runtime.ts')
  const { principal } = store
  return agentRuntime({ store, agents, ...(principal !== null && { principal }) })
}
