// U1. `example.com`, `*.example.com`, `https://example.com:8443/api/*`. Without a path every path is meant; without a scheme a
//     rule that allows means http and https. In all of them `*` stands for any text.
// U2. The host is what a URL parser takes it for: `https://good.example@evil.example/` is evil.example.
// U3. A rule that allows means no other port than is written, and no URL that carries a user.
import { matches } from '../pattern.ts'
import type { Match, Purpose } from './match.ts'

export interface UrlPattern {
  readonly scheme: string | undefined
  readonly host: string
  readonly port: string | undefined
  readonly path: string
}

const PARTS = /^(?:([a-z*][a-z0-9+.*-]*):\/\/)?(\[[^\]]+\]|[^/:\s@]+)(?::(\d+|\*))?(\/\S*)?$/i

/** Undefined where it is none. */
export function urlPattern(text: string): UrlPattern | undefined {
  const [whole, scheme, host, port, path] = PARTS.exec(text) ?? []
  if (whole === undefined) return undefined
  return { scheme: scheme?.toLowerCase(), host: hostOf(host!), port, path: path ?? '/*' }
}

export function matchesUrl(pattern: UrlPattern | undefined, text: unknown, purpose: Purpose): Match {
  const url = typeof text === 'string' ? parsed(text) : undefined
  if (!pattern || !url) return 'maybe'
  if (!isScheme(pattern.scheme, url.protocol.slice(0, -1), purpose)) return 'no'
  if (!matches(pattern.host, hostOf(url.hostname))) return 'no'
  const path = url.pathname + url.search
  if (purpose === 'withhold') return matches(pattern.path, path) || matches(pattern.path, decoded(path)) ? 'yes' : 'no'
  const isPort = pattern.port === '*' || url.port === (pattern.port ?? '')
  const isPlain = url.username === '' && url.password === '' && !HIDDEN.test(url.pathname)
  return isPort && isPlain && matches(pattern.path, path) ? 'yes' : 'no'
}

/** A dot or a slash that only the server sees. */
const HIDDEN = /%(2e|2f|5c)/i

function parsed(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined
}

function isScheme(pattern: string | undefined, scheme: string, purpose: Purpose): boolean {
  if (pattern !== undefined) return matches(pattern, scheme)
  return purpose === 'withhold' || scheme === 'http' || scheme === 'https'
}

function hostOf(host: string): string {
  return host.toLowerCase().replace(/\.$/, '')
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}
