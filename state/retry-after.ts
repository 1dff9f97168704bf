/** The headers of a reply, as `fetch` or as an older client has them. */
export type HeadersOf = { get(name: string): string | null } | Record<string, unknown>

/**
 * How long a provider asks us to wait, in milliseconds: `retry-after-ms`, or `Retry-After` as seconds or as a date. A time
 * that has passed is no wait, a long one is given as it is; undefined where nothing was asked, or nothing that can be read.
 */
export function retryAfterOf(headers: HeadersOf, { now }: { now: number }): number | undefined {
  const ms = numberIn(headerOf(headers, 'retry-after-ms'))
  if (ms !== undefined) return waitOf(ms)
  const text = headerOf(headers, 'retry-after')
  const seconds = numberIn(text)
  if (seconds !== undefined) return waitOf(seconds * 1000)
  const date = dateIn(text)
  return date === undefined ? undefined : waitOf(date - now)
}

export function headerOf(headers: HeadersOf, name: string): string | undefined {
  if (typeof headers.get === 'function') return headers.get(name) ?? undefined
  const [, value] = Object.entries(headers).find(([key]) => key.toLowerCase() === name) ?? []
  const first = Array.isArray(value) ? value[0] : value
  return first === undefined || first === null ? undefined : String(first)
}

const waitOf = (ms: number): number => Math.min(Math.max(0, ms), Number.MAX_SAFE_INTEGER)

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)$/

function numberIn(text: string | undefined): number | undefined {
  return text !== undefined && NUMBER.test(text.trim()) ? Number(text) : undefined
}

/** `Date.parse` takes almost any words with a number in them for a date: only what looks like one is given to it. */
const DATE = /^(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*,? |\d{4}-\d\d-\d\dT).*\d\d:\d\d:\d\d/i
const ZONE = /(?:gmt|utc|z|[+-]\d\d:?\d\d)$/i

/** HTTP dates are in GMT, also the form that does not say so. */
function dateIn(text: string | undefined): number | undefined {
  const words = text?.trim() ?? ''
  if (!DATE.test(words)) return undefined
  const date = Date.parse(ZONE.test(words) ? words : `${words} GMT`)
  return Number.isNaN(date) ? undefined : date
}
