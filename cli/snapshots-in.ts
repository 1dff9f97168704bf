import { homedir } from 'node:os'
import { join } from 'node:path'
import type { SnapshotOptions } from '../runtime/snapshots/snapshots.ts'

/**
 * Where the files of workspaces are kept: what DEPUTY_SNAPSHOTS names, or where the person's programs keep their state; nowhere
 * with `off`.
 */
export function snapshotsIn(env: NodeJS.ProcessEnv): SnapshotOptions | undefined {
  const { DEPUTY_SNAPSHOTS: named, XDG_STATE_HOME: state, HOME: home = homedir() } = env
  if (named === 'off') return undefined
  return { directory: named || join(state || join(home, '.local/state'), 'deputy/snapshots'), env }
}
