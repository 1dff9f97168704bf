import type { Policy } from '../../state/policy.ts'
import type { Surroundings } from '../surroundings.ts'
import type { PolicyOptions } from './options.ts'

/** What the person says in advance for agents that work in a directory. Read anew by each command. */
export async function policyAt(
  workspace: string | null,
  { options: { profile, rule: rules }, surroundings: { env } }: { options: PolicyOptions; surroundings: Surroundings }
): Promise<Policy> {
  const { policyFrom, profileNamed } = await import('../../prebuilt/policy.ts')
  const named = profile ?? (env.DEPUTY_PROFILE || undefined)
  return policyFrom({
    workspace: workspace ?? undefined,
    profile: named === undefined ? undefined : profileNamed(named),
    rules,
    env
  })
}
