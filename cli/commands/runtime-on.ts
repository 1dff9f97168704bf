import type { Store } from '../../checkpointers/store.ts'
import type { Agent } from '../../runtime/agent.ts'
import type { AgentRuntime } from '../../runtime/agent-runtime.ts'

/** LangGraph takes most of a second to load: what does without it, as `--help` does, is not to wait for it. */
export async function runtimeOn(store: Store, agents: readonly Agent[] = []): Promise<AgentRuntime> {
  const { agentRuntime } = await import('../../runtime/agent-runtime.ts')
  return agentRuntime({ store, agents })
}
