// H1. An entry is a host, `*.` and a host for all below it, or either with a port; without one it stands for 80 and 443.
// H2. A name that leads to an address of this machine or of a private network is refused: whoever owns the name could lead
//     anywhere. `localhost` and addresses are what they say, so that an entry for one is meant.
// H3. Addresses are resolved once; who connects uses these and not the name.
import { lookup } from 'node:dns/promises'
import { BlockList, isIP } from 'node:net'
import { RuntimeError } from '../../state/errors.ts'

export interface Target {
  readonly host: string
  readonly port: number
}

/** Where to connect for a host that is allowed; what is wrong comes back as words. */
export type Resolved = { readonly address: string } | { readonly refused: string }

export interface AllowedHosts {
  resolve(target: Target): Promise<Resolved>
}

interface Entry {
  readonly host: string
  readonly below: boolean
  readonly ports: readonly number[]
}

/** @throws RuntimeError BAD_ARGUMENTS for an entry that is no host */
export function allowedHosts(entries: readonly string[]): AllowedHosts {
  const allowed = entries.map(entryOf)
  return {
    async resolve({ host: given, port }) {
      const host = bare(given)
      if (!allowed.some((entry) => covers(entry, { host, port })))
        return { refused: `${host}:${port} is not among the hosts that may be reached` }
      const addresses = await lookup(host, { all: true }).catch(() => [])
      const [first] = addresses
      if (!first) return { refused: `${host} is not known` }
      const isMeant = host === 'localhost' || isIP(host) !== 0
      if (!isMeant && addresses.some(isPrivate))
        return { refused: `${host} leads to an address of this machine or of a private network` }
      return { address: first.address }
    }
  }
}

function entryOf(entry: string): Entry {
  const below = entry.startsWith('*.')
  const url = urlOf(below ? entry.slice(2) : entry)
  if (url?.pathname !== '/' || url.username || url.search || url.hash || url.hostname.includes('*'))
    throw new RuntimeError(
      'BAD_ARGUMENTS',
      `"${entry}" is no host: write it as example.org, *.example.org or example.org:8080`
    )
  return { host: bare(url.hostname), below, ports: portsOf(entry) }
}

function urlOf(host: string): URL | undefined {
  try {
    return new URL(`http://${host}`)
  } catch {
    return undefined
  }
}

/** A URL keeps no port that is the usual one, so it is read from the entry. */
function portsOf(entry: string): readonly number[] {
  const port = /:(\d+)$/.exec(entry)?.[1]
  return port === undefined ? [80, 443] : [Number(port)]
}

/** As DNS means it: without brackets, the last dot or capitals. */
function bare(host: string): string {
  return host
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '')
    .toLowerCase()
}

function covers(entry: Entry, { host, port }: Target): boolean {
  return entry.ports.includes(port) && (entry.below ? host.endsWith(`.${entry.host}`) : host === entry.host)
}

const PRIVATE = new BlockList()
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 3]
] as const)
  PRIVATE.addSubnet(network, prefix, 'ipv4')
for (const [network, prefix] of [
  ['::', 96],
  ['::ffff:0:0', 96],
  ['64:ff9b::', 32],
  ['2002::', 16],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8]
] as const)
  PRIVATE.addSubnet(network, prefix, 'ipv6')

function isPrivate({ address, family }: { address: string; family: number }): boolean {
  return PRIVATE.check(address, family === 6 ? 'ipv6' : 'ipv4')
}
