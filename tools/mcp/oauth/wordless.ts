import type { GuardedFetch } from '../../web/guarded-fetch.ts'

/**
 * What an authorization server says to a refusal beside its code is a stranger's text, and may quote the token that it refused.
 * Others would put it into errors and write it to the terminal: they never see it.
 */
export function wordless(fetch: GuardedFetch): GuardedFetch {
  return async (url, init) => {
    const response = await fetch(url, init)
    if (response.ok || !response.body) return response
    const { status, headers } = response
    const error = codeIn(await response.text()) ?? 'server_error'
    return new Response(JSON.stringify({ error }), { status, headers })
  }
}

function codeIn(body: string): string | undefined {
  try {
    const { error } = JSON.parse(body) as { error?: unknown }
    return typeof error === 'string' && /^[a-z_]{1,40}$/.test(error) ? error : undefined
  } catch {
    return undefined
  }
}
