import { homedir } from 'node:os'
import { join } from 'node:path'

/** Where a workspace declares its hooks, relative to it, */
export const HOOK_FILE = join('.deputy', 'hooks.json')
/** and where what they run is kept: all of it is a part of what is trusted. */
export const HOOK_DIRECTORY = join('.deputy', 'hooks')

/** Where the hooks of a person are declared. */
export function globalHookFile({ XDG_CONFIG_HOME: config, HOME: home = homedir() }: NodeJS.ProcessEnv): string {
  return join(config || join(home, '.config'), 'deputy', 'hooks.json')
}

/** Where it is kept which hooks of workspaces a person trusts. */
export function trustFile({ XDG_STATE_HOME: state, HOME: home = homedir() }: NodeJS.ProcessEnv): string {
  return join(state || join(home, '.local/state'), 'deputy', 'trusted-hooks.json')
}
