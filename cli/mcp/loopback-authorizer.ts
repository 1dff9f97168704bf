// L1. Only this machine can come back, only with what went out, and only once; whatever else knocks gets a page that says nothing.
// L2. The page that is shown afterwards has no word in it that came from outside.
// L3. The address is shown, and nothing is opened: no shell ever sees it.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Authorizer } from '../../tools/mcp/oauth/authorizer.ts'

const PATH = '/callback'

export interface LoopbackAuthorizer extends Authorizer {
  close(): void
}

/** Waits on the loopback for a person who comes back; `show` is told where they have to go. */
export async function loopbackAuthorizer(show: (url: URL) => void): Promise<LoopbackAuthorizer> {
  let comeBack: ((params: URLSearchParams) => void) | undefined
  let state: string | null = null
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://127.0.0.1')
    const isExpected =
      request.method === 'GET' && pathname === PATH && state !== null && searchParams.get('state') === state
    response.setHeader('content-security-policy', "default-src 'none'; frame-ancestors 'none'")
    response.setHeader('content-type', 'text/plain; charset=utf-8')
    if (!isExpected) return void response.writeHead(404).end('Nothing is awaited here.\n')
    response.end('Deputy has the answer. You can close this page.\n')
    state = null
    comeBack?.(searchParams)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  return {
    redirectUrl: `http://127.0.0.1:${port}${PATH}`,
    authorize: (url, { signal }) =>
      new Promise((resolve, reject) => {
        state = url.searchParams.get('state')
        comeBack = resolve
        signal.addEventListener('abort', () => reject(signal.reason), { once: true })
        show(url)
      }),
    close() {
      server.close()
      server.closeAllConnections()
    }
  }
}
