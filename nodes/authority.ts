import type { Authority, World } from '../state/context.ts'

/** What stands behind a verdict on a call of this agent, with these grants. */
export function authorityOf(world: World, grants: Authority['grants'] = []): Authority {
  const { remits, repeats, path, workspace, policy } = world
  return { remits, grants, repeats, path, workspace, policy }
}
