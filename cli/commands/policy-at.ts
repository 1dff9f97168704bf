import type { Policy } from '../../state/policy.ts'
import { type Profile, profileNamed } from '../../state/profiles.ts'
import type { ThreadRecord } from '../../state/threads.ts'
import type { Surroundings } from '../surroundings.ts'
import type { PolicyOptions } from './options.ts'

interface PolicyPlace {
  readonly options: PolicyOptions
  readonly surroundings: Surroundings
}

/** What the person says in advance for agents that work in a directory. Read anew by each command. */
export async function policyAt(
  workspace: string | null,
  { options: { profile, rule: rules }, surroundings: { env } }: PolicyPlace
): Promise<Policy> {
  const { policyFrom } = await import('../../prebuilt/policy.ts')
  const named = profile === undefined ? usualProfile(env) : profileNamed(profile)
  return policyFrom({ workspace: workspace ?? undefined, profile: named, rules, env })
}

/** The same without what is said of a tree, which is kept with it. The usual profile is for one of which none is said. */
export async function policyBeside(
  { workspace, policy }: Pick<ThreadRecord, 'workspace' | 'policy'>,
  { options, surroundings: { env } }: PolicyPlace
): Promise<Policy> {
  const { policyFrom } = await import('../../prebuilt/policy.ts')
  const isSaid = options.profile !== undefined || (policy?.profile ?? null) !== null
  return policyFrom({ workspace: workspace ?? undefined, profile: isSaid ? undefined : usualProfile(env), env })
}

/** @throws RuntimeError BAD_ARGUMENTS */
export function usualProfile({ DEPUTY_PROFILE: named }: NodeJS.ProcessEnv): Profile | undefined {
  return named ? profileNamed(named) : undefined
}
