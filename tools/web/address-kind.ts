import { BlockList, isIP } from 'node:net'

/** Where an IP address leads: only `public` ones are anybody's to reach. */
export type AddressKind = 'public' | 'loopback' | 'private' | 'reserved'

/** A host or an address in it, as IP; `[::1]` and `::1` are one, and so are an IPv4 address and the same mapped into IPv6. */
export function addressKind(address: string): AddressKind {
  const plain = address.replace(/^\[|\]$/g, '').replace(/%.*$/, '')
  const family = isIP(plain)
  if (family === 0) return 'reserved'
  const mapped = family === 6 ? mappedIpv4(plain) : undefined
  if (mapped !== undefined) return addressKind(mapped)
  const type = family === 4 ? 'ipv4' : 'ipv6'
  if (LOOPBACK.check(plain, type)) return 'loopback'
  if (PRIVATE.check(plain, type)) return 'private'
  if (RESERVED.check(plain, type)) return 'reserved'
  return family === 4 || GLOBAL_IPV6.check(plain, 'ipv6') ? 'public' : 'reserved'
}

const blocks = (ranges: string): BlockList => {
  const list = new BlockList()
  for (const range of ranges.split(' ')) {
    const [network, prefix] = range.split('/') as [string, string]
    list.addSubnet(network, Number(prefix), network.includes(':') ? 'ipv6' : 'ipv4')
  }
  return list
}

const LOOPBACK = blocks('127.0.0.0/8 ::1/128')
const PRIVATE = blocks('10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 100.64.0.0/10 fc00::/7')
/** Of this network, link-local (there are the metadata services), documentation, benchmarks, multicast; tunnels that hide an IPv4. */
const RESERVED = blocks(
  '0.0.0.0/8 169.254.0.0/16 192.0.0.0/24 192.0.2.0/24 192.88.99.0/24 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 ' +
    '224.0.0.0/4 240.0.0.0/4 2001::/23 2001:db8::/32 2002::/16 3fff::/20'
)
/** What is not in there was never given to anybody, or is local, or is a translation to IPv4 (64:ff9b::/96). */
const GLOBAL_IPV6 = blocks('2000::/3')

/** The IPv4 address of ::ffff:0:0/96, in either way of writing it. */
function mappedIpv4(address: string): string | undefined {
  const { hostname } = new URL(`http://[${address}]`)
  const groups = /^\[::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})\]$/.exec(hostname)
  if (!groups) return undefined
  const [high, low] = [Number.parseInt(groups[1]!, 16), Number.parseInt(groups[2]!, 16)]
  return [high >> 8, high & 255, low >> 8, low & 255].join('.')
}
