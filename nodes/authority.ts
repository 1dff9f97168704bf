import type { Authority, World } from '../state/context.ts'

/** What stands behind a verdict on a call of this agent, with these grants, and after what it has read. */
export function authorityOf(
  world: World,
  { grants = [], untrusted }: Partial<Pick<Authority, 'grants' | 'untrusted'>> = {}
): Authority {
  const { remits, repeats, path, workspace, policy } = world
  return { remits, grants, repeats, path, workspace, policy, untrusted }
}
