// The order is a part of the meaning: a later mount lies over an earlier one.
import { dirname } from 'node:path'
import type { Unconfined } from '../../state/sandbox.ts'
import { bytesIn, prlimitArgs, type SandboxLimits } from './limits.ts'
import { protectedArgs } from './protected-paths.ts'
import { systemArgs } from './system-paths.ts'

/** Where a command in a sandbox is at home: a directory of its own that ends with it. */
export const HOME = '/tmp/home'

export interface Confining {
  readonly programs: Programs
  readonly limits: SandboxLimits
  /** Paths beyond the system that it may read. */
  readonly readable: readonly string[]
  /** The socket behind which the network is, where any of it is allowed. */
  readonly socket?: string | undefined
}

export interface Programs {
  readonly bwrap: string
  readonly prlimit: string
}

/** The command line that runs another one with nothing but what is named here. */
export function bubblewrapArgv(
  { argv, workspace, cwd }: Omit<Unconfined, 'env'>,
  { programs, limits, readable, socket }: Confining
): [string, ...string[]] {
  const temporary = (path: string) => ['--size', bytesIn(limits.temporaryMb), '--tmpfs', path]
  return [
    programs.bwrap,
    ...ALONE,
    ...systemArgs(readable),
    ...['--proc', '/proc', '--dev', '/dev'],
    ...['/tmp', '/var/tmp', '/dev/shm', '/run'].flatMap(temporary),
    ...['--dir', HOME],
    ...['--bind', workspace, workspace],
    ...protectedArgs(workspace),
    ...(socket ? ['--ro-bind', dirname(socket), dirname(socket)] : []),
    ...['--remount-ro', '/dev', '--remount-ro', '/'],
    ...['--chdir', cwd, '--'],
    ...[programs.prlimit, ...prlimitArgs(limits), '--'],
    ...argv
  ]
}

/** Namespaces of its own, of which it can make no more; no rights; no terminal; an end with us. Its first pid comes on 3. */
const ALONE = [
  ...['--unshare-user', '--unshare-pid', '--unshare-net', '--unshare-ipc', '--unshare-uts', '--unshare-cgroup-try'],
  ...['--disable-userns', '--cap-drop', 'ALL', '--hostname', 'sandbox'],
  ...['--new-session', '--die-with-parent', '--info-fd', '3']
]
