import type { Agent } from '../../runtime/agent.ts'
import type { AgentRuntime } from '../../runtime/agent-runtime.ts'
import type { Policy } from '../../state/policy.ts'
import { snapshotsIn } from '../snapshots-in.ts'
import type { SeenStore } from './seen-store.ts'

/**
 * LangGraph takes most of a second to load: what does without it, as `--help` does, is not to wait for it. With an environment
 * the files of workspaces are kept where it says.
 */
export async function runtimeOn(
  store: SeenStore,
  { agents = [], env, policy }: { agents?: readonly Agent[]; env?: NodeJS.ProcessEnv; policy?: Policy } = {}
): Promise<AgentRuntime> {
  const { agentRuntime } = await import('../../runtime/agent-runtime.ts')
  const { principal } = store
  const snapshots = env && snapshotsIn(env)
  return agentRuntime({
    store,
    agents,
    ...(principal !== null && { principal }),
    ...(snapshots && { snapshots }),
    ...(policy && { policy })
  })
}
