import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { messageOf, RuntimeError } from '../../state/errors.ts'
import { type AddressKind, addressKind } from './address-kind.ts'

/** Every address that a name has. */
export type Resolve = (host: string) => Promise<readonly string[]>

export const resolveByDns: Resolve = async (host) => (await lookup(host, { all: true })).map(({ address }) => address)

export interface Reach {
  /** What may be reached beside public addresses: for development, or in a network of one's own. */
  readonly also?: readonly Extract<AddressKind, 'loopback' | 'private'>[]
  /** Whether text may go over the wire unencrypted; to loopback it may wherever that may be reached. */
  readonly plainHttp?: boolean
  readonly resolve?: Resolve
}

/**
 * The address to connect to for a url. A name is as good as the worst of its addresses, and the connection has to go to the
 * one that is returned: another look at the name may find another.
 * @throws RuntimeError URL_REFUSED
 */
export async function checkedAddress(
  url: URL,
  { also = [], plainHttp = false, resolve = resolveByDns }: Reach
): Promise<string> {
  if (url.protocol !== 'https:' && url.protocol !== 'http:') throw refused(url, `"${url.protocol}" is not http`)
  if (url.username || url.password) throw refused(url, 'it carries a user name or a password')
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const addresses = isIP(host) ? [host] : await resolved(url, resolve)
  const allowed = new Set<AddressKind>(['public', ...also])
  const kinds = addresses.map(addressKind)
  const worst = kinds.find((kind) => !allowed.has(kind))
  if (worst) throw refused(url, `it leads to a ${worst} address`)
  if (url.protocol === 'http:' && !plainHttp && kinds.some((kind) => kind !== 'loopback'))
    throw refused(url, 'it is not encrypted (https)')
  return addresses[0]!
}

async function resolved(url: URL, resolve: Resolve): Promise<readonly string[]> {
  const addresses = await resolve(url.hostname).catch((cause) => {
    throw new RuntimeError('URL_REFUSED', `${shown(url)} cannot be resolved: ${messageOf(cause)}`, { cause })
  })
  if (addresses.length === 0) throw refused(url, 'its name has no address')
  return addresses
}

function refused(url: URL, why: string): RuntimeError {
  return new RuntimeError('URL_REFUSED', `${shown(url)} is not fetched: ${why}`)
}

/** Paths and queries may carry secrets. */
export const shown = ({ protocol, host }: URL): string => `${protocol}//${host}`
