import type { Agent } from '../../runtime/agent.ts'
import type { AgentRuntime } from '../../runtime/agent-runtime.ts'
import type { Hook } from '../../state/hooks.ts'
import type { Policy } from '../../state/policy.ts'
import { snapshotsIn } from '../snapshots-in.ts'
import type { SeenStore } from './seen-store.ts'

export interface RuntimeInit {
  readonly agents?: readonly Agent[]
  readonly env?: NodeJS.ProcessEnv
  readonly policy?: Policy
  /** Where the hooks of the tree are declared that is to be driven. */
  readonly hooksIn?: { readonly workspace: string | undefined; readonly env: NodeJS.ProcessEnv }
}

/**
 * LangGraph takes most of a second to load: what does without it, as `--help` does, is not to wait for it. With an environment
 * the files of workspaces are kept where it says. Who drives a tree names its workspace, and has its hooks.
 */
export async function runtimeOn(
  store: SeenStore,
  { agents = [], env, policy, hooksIn }: RuntimeInit = {}
): Promise<AgentRuntime> {
  const hooks = hooksIn && (await hooksFor(hooksIn))
  const { agentRuntime } = await import('../../runtime/agent-runtime.ts')
  const { principal } = store
  const snapshots = env && snapshotsIn(env)
  return agentRuntime({
    store,
    agents,
    ...(principal !== null && { principal }),
    ...(snapshots && { snapshots }),
    ...(policy && { policy }),
    ...(hooks && { hooks })
  })
}

/** @throws RuntimeError HOOKS_UNTRUSTED, BAD_HOOKS */
async function hooksFor(where: NonNullable<RuntimeInit['hooksIn']>): Promise<Hook[]> {
  const { loadHooks } = await import('../../prebuilt/hooks.ts')
  return loadHooks(where)
}
