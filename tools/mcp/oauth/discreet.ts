import type { GuardedFetch } from '../../web/guarded-fetch.ts'

/**
 * What authorizes a request does not come back with its answer: a server that repeats what it was shown, in a result or in an
 * error, would have it kept with the conversation. There are as many `*` in its place.
 */
export function discreet(fetch: GuardedFetch): GuardedFetch {
  return async (url, init) => {
    const response = await fetch(url, init)
    const secrets = secretsOf(new Headers(init?.headers))
    if (secrets.length === 0 || !response.body) return response
    const { status, statusText, headers } = response
    return new Response(response.body.pipeThrough(without(secrets)), { status, statusText, headers })
  }
}

const SECRET = /auth|cookie|key|secret|token/
/** What a header of the protocol says is said to be repeated. */
const OF_PROTOCOL = 'mcp-'
const SHORTEST = 8

function secretsOf(headers: Headers): string[] {
  return [...headers]
    .filter(([name]) => SECRET.test(name) && !name.startsWith(OF_PROTOCOL))
    .map(([, value]) => value.replace(/^(Bearer|Basic) /i, ''))
    .filter(({ length }) => length >= SHORTEST)
}

/** Nothing is held back for longer than it may be the beginning of a secret: an event that has ended goes through at once. */
export function without(secrets: readonly string[]): TransformStream<Uint8Array, Uint8Array> {
  let held = ''
  return new TransformStream({
    transform(chunk, out) {
      const text = secrets.reduce(
        (all, secret) => all.replaceAll(secret, '*'.repeat(secret.length)),
        held + Buffer.from(chunk).toString('latin1')
      )
      const end = text.length - Math.max(...secrets.map((secret) => begunIn(text, secret)))
      held = text.slice(end)
      out.enqueue(Buffer.from(text.slice(0, end), 'latin1'))
    },
    flush: (out) => out.enqueue(Buffer.from(held, 'latin1'))
  })
}

/** How many characters at the end of a text are the beginning of a secret. */
function begunIn(text: string, secret: string): number {
  let length = Math.min(secret.length - 1, text.length)
  while (!text.endsWith(secret.slice(0, length))) length--
  return length
}
