// What of the machine a command sees, always read-only: programs, libraries, and what of /etc programs cannot do without.
// It is a list of what is shown, so that what nobody thought of stays out: keys in /etc/ssl/private, sockets in /run, homes.
import { lstatSync, readlinkSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'

const SYSTEM = ['/usr', '/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32', '/nix/store']

const ETC = (
  'alternatives bash.bashrc ca-certificates ca-certificates.conf crypto-policies debian_version group host.conf hosts ld.so.cache ' +
  'ld.so.conf ld.so.conf.d localtime mime.types nsswitch.conf os-release passwd pki/ca-trust pki/tls/certs profile protocols ' +
  'services ssl/certs ssl/openssl.cnf timezone'
)
  .split(' ')
  .map((name) => `/etc/${name}`)

/** Arguments that show the system, and `readable` beside it, under their own names. */
export function systemArgs(readable: readonly string[]): string[] {
  return [...[...SYSTEM, ...ETC].flatMap(shown), ...[...nodeFiles(), ...readable].flatMap(bound)]
}

/** A directory of the system may be a link into another one: /bin to usr/bin. */
function shown(path: string): string[] {
  const found = lstatSync(path, { throwIfNoEntry: false })
  if (!found) return []
  const isTop = dirname(path) === '/'
  return isTop && found.isSymbolicLink() ? ['--symlink', readlinkSync(path), path] : bound(path)
}

const bound = (path: string): string[] => ['--ro-bind-try', path, path]

/** The node that runs us, where it lies in none of these: of its prefix no more than programs and global packages. */
function nodeFiles(): string[] {
  const bin = dirname(realpathSync(process.execPath))
  if (SYSTEM.some((path) => bin.startsWith(`${path}/`))) return []
  return [bin, join(dirname(bin), 'lib', 'node_modules')]
}
