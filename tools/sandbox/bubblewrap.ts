import { RuntimeError } from '../../state/errors.ts'
import type { Sandbox } from '../../state/sandbox.ts'
import { bubblewrapArgv, type Programs } from './bubblewrap-args.ts'
import { type Egress, openEgress } from './egress.ts'
import { guardOf } from './guard.ts'
import { SandboxLimits } from './limits.ts'
import { absentBefore, withoutPlanted } from './protected-paths.ts'
import { relayed } from './relay.ts'
import { sandboxEnv } from './sandbox-env.ts'

export interface SandboxOptions {
  /** Hosts that may be reached, by HTTP and HTTPS: `registry.npmjs.org`, `*.example.org`, `127.0.0.1:8080`. None by default. */
  readonly hosts?: readonly string[]
  /** Paths that may be read, beyond the system and the workspace. */
  readonly readable?: readonly string[]
  readonly limits?: Partial<SandboxLimits>
}

/** Sandboxes by bubblewrap: what is in one sees the system, read-only, and the workspace, and no network but `hosts`. */
export function bubblewrap(
  programs: Programs,
  { hosts = [], readable = [], limits: given = {} }: SandboxOptions
): Sandbox {
  const limits = SandboxLimits.parse(given)
  return {
    name: 'bubblewrap',
    async confine(command) {
      if (command.workspace === '/')
        throw new RuntimeError(
          'SANDBOX_MISSING',
          'the workspace is the whole file system: there is nothing to confine to'
        )
      const absent = absentBefore(command.workspace)
      const egress: Egress | undefined = hosts.length > 0 ? await openEgress(hosts) : undefined
      const argv = egress ? relayed(command.argv, egress.socket) : command.argv
      return {
        argv: bubblewrapArgv({ ...command, argv }, { programs, limits, readable, socket: egress?.socket }),
        // Bubblewrap is itself a process that is seen in there, with its environment.
        env: sandboxEnv(command.env),
        guard: (info) => guardOf(info, limits),
        async release() {
          await egress?.close()
          await withoutPlanted(absent)
        }
      }
    }
  }
}
