// Which failures are worth another try. An error and its causes are read from the outside in, and the first that says
// something decides.
// T1. What was stopped on purpose, and LangGraph's own signals, are never tried again, wherever in the chain they are.
// T2. What we refuse ourselves stays refused; only MODEL_FAILED and TOOL_FAILED stand for what caused them.
// T3. A status says more than a code, a code more than the name of an error. `x-should-retry` outweighs the status.
// T4. Used-up credit is no rate limit, although it bears the same status: no waiting fills it.
// T5. What is not known is not transient.
import { isGraphBubbleUp } from '@langchain/langgraph'
import { RuntimeError } from './errors.ts'
import { type HeadersOf, headerOf, retryAfterOf } from './retry-after.ts'

export type Transience = { readonly transient: true; readonly retryAfterMs?: number } | { readonly transient: false }

/** Whether trying again may help, and how long whoever failed wants us to wait before. */
export function transience(error: unknown, { now }: { now: number }): Transience {
  const chain = chainOf(error)
  if (chain.some(wasStopped)) return LASTING
  for (const link of chain) {
    const verdict = verdictOn(link)
    if (verdict === 'lasting') return LASTING
    if (verdict === 'transient') return { transient: true, ...wished(link, now) }
  }
  return chain.some(isConnectionFailure) ? { transient: true } : LASTING
}

const LASTING: Transience = { transient: false }

/** What may be there of an error: those of provider packages, of `fetch`, of Node and of other clients. */
interface Thrown {
  readonly name?: unknown
  readonly message?: unknown
  readonly code?: unknown
  readonly type?: unknown
  readonly status?: unknown
  readonly statusCode?: unknown
  readonly status_code?: unknown
  readonly headers?: HeadersOf
  readonly response?: { readonly status?: unknown; readonly headers?: HeadersOf }
  /** The body that a provider sent. */
  readonly error?: Thrown
  /** What LangChain read out of the words of a rate limit. */
  readonly retryAfterMs?: unknown
  readonly cause?: unknown
  readonly errors?: readonly unknown[]
}

const LONGEST_CHAIN = 10

function chainOf(error: unknown): Thrown[] {
  const chain: Thrown[] = []
  let link = error
  while (isObject(link) && chain.length < LONGEST_CHAIN) {
    chain.push(link)
    link = link.cause ?? link.errors?.[0]
  }
  return chain
}

function isObject(value: unknown): value is Thrown {
  return typeof value === 'object' && value !== null
}

const STOPPED = new Set(['AbortError', 'ModelAbortError', 'CanceledError', 'APIUserAbortError'])
const STOPPED_CODES = new Set<unknown>(['ABORT_ERR', 'UND_ERR_ABORTED', 'ERR_CANCELED'])
/** LangChain throws errors that have nothing but these words. */
const STOPPED_WORDS = new Set<unknown>(['AbortError', 'Aborted'])

function wasStopped(link: Thrown): boolean {
  if (isGraphBubbleUp(link as Error)) return true
  return (
    namesOf(link).some((name) => STOPPED.has(name)) || STOPPED_CODES.has(link.code) || STOPPED_WORDS.has(link.message)
  )
}

/** The packages of providers give their errors classes and not always names. */
function namesOf(link: Thrown): string[] {
  return [link.name, link.constructor?.name].filter((name) => typeof name === 'string')
}

/** 409 is not among them: a conflict is transient only where the provider says so. 520 to 524 are those of a proxy in between. */
const TRANSIENT_STATUS = new Set([408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524, 529])

const TRANSIENT_KINDS = new Set([
  // Of a connection.
  'EAI_AGAIN',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EPIPE',
  'ERR_STREAM_PREMATURE_CLOSE',
  'ETIMEDOUT',
  'UND_ERR_BODY_TIMEOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_SOCKET',
  // Of a provider, in the middle of a stream, where there is no status any more.
  'api_error',
  'overloaded_error',
  'rate_limit_error',
  'rate_limit_exceeded',
  'server_error',
  'timeout_error'
])

type Verdict = 'transient' | 'lasting'

/** What one error says by itself; undefined where it says nothing. */
function verdictOn(link: Thrown): Verdict | undefined {
  if (link instanceof RuntimeError) return standsForItsCause(link) ? undefined : 'lasting'
  const kinds = kindsOf(link)
  if (isUsedUp(link, kinds)) return 'lasting'
  const status = statusOf(link)
  if (status !== undefined) return verdictOnStatus(status, headersOf(link))
  if (kinds.some((kind) => TRANSIENT_KINDS.has(kind))) return 'transient'
  return typeof link.code === 'string' ? 'lasting' : undefined
}

function standsForItsCause({ code, cause }: RuntimeError): boolean {
  return (code === 'MODEL_FAILED' || code === 'TOOL_FAILED') && isObject(cause)
}

function verdictOnStatus(status: number, headers: HeadersOf): Verdict {
  const wish = headerOf(headers, 'x-should-retry')
  if (wish === 'true') return 'transient'
  return wish !== 'false' && TRANSIENT_STATUS.has(status) ? 'transient' : 'lasting'
}

/** An error with a number for a code has it from a body in the middle of a stream. */
function statusOf(link: Thrown): number | undefined {
  const told = [link.response?.status, link.status, link.statusCode, link.status_code, link.code]
  return told.find((value): value is number => typeof value === 'number' && value >= 400 && value < 600)
}

/** What the error, and the body that it may hold, call themselves. */
function kindsOf(link: Thrown): string[] {
  const bodies = [link, link.error, link.error?.error].filter(isObject)
  return bodies.flatMap(({ code, type, name }) => [code, type, name]).filter((kind) => typeof kind === 'string')
}

const USED_UP_KINDS = new Set(['insufficient_quota', 'billing_error', 'billing_hard_limit_reached'])
/** The mere word billing says nothing: a rate limit advertises a higher one with it. */
const USED_UP_WORDS = /insufficient[_ ]quota|exceeded your current quota|credit balance|out of credits/i
const COMES_BACK = /(?:try again|retry) (?:in|after) \d/i

function isUsedUp(link: Thrown, kinds: readonly string[]): boolean {
  if (kinds.some((kind) => USED_UP_KINDS.has(kind))) return true
  const words = typeof link.message === 'string' ? link.message : ''
  return USED_UP_WORDS.test(words) && !COMES_BACK.test(words) && headerOf(headersOf(link), 'retry-after') === undefined
}

function headersOf({ headers, response }: Thrown): HeadersOf {
  return headers ?? response?.headers ?? {}
}

function wished(link: Thrown, now: number): { retryAfterMs?: number } {
  const headers = headersOf(link)
  const asked = retryAfterOf(headers, { now })
  if (asked !== undefined) return { retryAfterMs: asked }
  const read = headerOf(headers, 'retry-after') === undefined ? link.retryAfterMs : undefined
  return typeof read === 'number' && read >= 0 ? { retryAfterMs: read } : {}
}

const CONNECTION_NAMES = new Set(['APIConnectionError', 'APIConnectionTimeoutError', 'TimeoutError'])
/** How `fetch` says it, where no cause says more. */
const CONNECTION_WORDS = new Set<unknown>(['fetch failed', 'terminated'])

function isConnectionFailure(link: Thrown): boolean {
  if (namesOf(link).some((name) => CONNECTION_NAMES.has(name))) return true
  return link.name === 'TypeError' && CONNECTION_WORDS.has(link.message)
}
