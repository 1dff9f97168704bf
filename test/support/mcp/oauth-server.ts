import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { toNodeHandler } from '@modelcontextprotocol/node'
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server'
import { onTestFinished } from 'vitest'
import { z } from 'zod'

export interface OAuthBehaviour {
  /** What its metadata says of PKCE. */
  readonly pkce?: readonly string[] | undefined
  /** What comes back from the person, beside the code. */
  readonly back?: (params: URLSearchParams) => void
  readonly resource?: string
  /** Whether it refuses to give anything anew, and repeats what it was shown in all its answers. */
  readonly quotes?: boolean
  /** What else the metadata of its authorization server says, or says otherwise. */
  readonly metadata?: Readonly<Record<string, unknown>>
  /** Where it says that its authorization server is. */
  readonly issuer?: string
  /** What it waits for before it gives something for a refresh token. */
  readonly beforeRefresh?: () => Promise<unknown>
}

/** An MCP server and its authorization server in one, on the loopback; it notes whatever it is shown. */
export async function oauthServer({
  metadata,
  issuer,
  pkce = ['S256'],
  back = () => {},
  resource,
  quotes = false,
  beforeRefresh = async () => {}
}: OAuthBehaviour = {}) {
  const challenges = new Map<string, string>()
  const valid = new Set<string>()
  const refreshable = new Set<string>()
  const seen = {
    tokens: [] as string[],
    keys: [] as string[],
    grants: [] as string[],
    registrations: 0,
    paths: [] as string[],
    authorizations: [] as URLSearchParams[]
  }
  let number = 0

  function issued(): object {
    number++
    const [access, refresh] = [`access-canary-${number}`, `refresh-canary-${number}`]
    valid.add(access)
    refreshable.add(refresh)
    return { access_token: access, refresh_token: refresh, token_type: 'Bearer', expires_in: 3600 }
  }

  const mcp = toNodeHandler(
    createMcpHandler(() => {
      const server = new McpServer({ name: 'guarded', version: '1' })
      server.registerTool('whoami', { inputSchema: z.object({}) }, () => ({
        content: [{ type: 'text', text: quotes ? `you, with ${seen.tokens.at(-1)} and ${seen.keys.at(-1)}` : 'you' }]
      }))
      return server
    })
  )

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<unknown> {
    const { pathname, searchParams } = new URL(request.url!, base)
    seen.paths.push(pathname)
    const json = (status: number, body: object, headers = {}) =>
      response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
    if (pathname.startsWith('/.well-known/oauth-protected-resource'))
      return json(200, { resource: resource ?? `${base}/mcp`, authorization_servers: [issuer ?? base] })
    if (pathname === '/.well-known/oauth-authorization-server')
      return json(200, {
        issuer: base,
        authorization_endpoint: `${base}/authorize`,
        token_endpoint: `${base}/token`,
        registration_endpoint: `${base}/register`,
        response_types_supported: ['code'],
        ...(pkce && { code_challenge_methods_supported: pkce }),
        ...metadata
      })
    if (pathname === '/register') {
      seen.registrations++
      return json(201, { ...JSON.parse(await bodyOf(request)), client_id: `client-${seen.registrations}` })
    }
    if (pathname === '/authorize') {
      seen.authorizations.push(searchParams)
      const code = `code-${seen.authorizations.length}`
      challenges.set(code, searchParams.get('code_challenge')!)
      const location = new URL(searchParams.get('redirect_uri')!)
      const params = new URLSearchParams({ code, state: searchParams.get('state')! })
      back(params)
      location.search = params.toString()
      return response.writeHead(302, { location: location.href }).end()
    }
    if (pathname === '/token') {
      const body = new URLSearchParams(await bodyOf(request))
      seen.grants.push(body.get('grant_type')!)
      if (quotes && body.get('grant_type') === 'refresh_token')
        return json(500, { error: 'server_error', error_description: `not ${body}` })
      if (body.get('grant_type') === 'refresh_token') {
        await beforeRefresh()
        if (refreshable.delete(body.get('refresh_token')!)) return json(200, issued())
        // It was used before: somebody may have stolen it.
        refreshable.clear()
        valid.clear()
        return json(400, { error: 'invalid_grant' })
      }
      const hash = createHash('sha256')
        .update(body.get('code_verifier') ?? '')
        .digest('base64url')
      return challenges.get(body.get('code')!) === hash ? json(200, issued()) : json(400, { error: 'invalid_grant' })
    }
    const token = request.headers.authorization?.replace('Bearer ', '')
    if (token) seen.tokens.push(token)
    if (request.headers['x-key']) seen.keys.push(String(request.headers['x-key']))
    if (token && valid.has(token)) return mcp(request as never, response as never)
    const where = `${base}/.well-known/oauth-protected-resource/mcp`
    return json(
      401,
      { error: 'invalid_token', ...(quotes && { error_description: `not ${token}` }) },
      { 'www-authenticate': `Bearer resource_metadata="${where}"` }
    )
  }

  const server = createServer((request, response) => void answer(request, response))
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `${base}/mcp`, base, seen, revoke: () => valid.clear() }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = ''
  for await (const chunk of request) body += chunk
  return body
}
