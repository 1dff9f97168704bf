// The one way out of a sandbox whose network is its own: a proxy on a socket in the file system, which is bound into it.
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { type AllowedHosts, allowedHosts, type Target } from './allowed-hosts.ts'

export interface Egress {
  readonly socket: string
  /** Ends every connection. */
  close(): Promise<void>
}

/** Lets HTTP and HTTPS through to these hosts, and nothing else. @throws RuntimeError BAD_ARGUMENTS for one that is no host */
export async function openEgress(hosts: readonly string[]): Promise<Egress> {
  const allowed = allowedHosts(hosts)
  const directory = await mkdtemp(join(tmpdir(), 'deputy-egress-'))
  const socket = join(directory, 'proxy')
  const open = new Set<Duplex>()
  const server = createServer((asked, answer) => void passOn(asked, answer, allowed))
  server.on('connection', (connection: Socket) => kept(connection, open))
  server.on('connect', (asked, client, head) => void tunnel(asked, { client, head, allowed, open }))
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(socket, resolve))
  return {
    socket,
    async close() {
      for (const connection of open) connection.destroy()
      await new Promise((resolve) => server.close(resolve))
      await rm(directory, { recursive: true, force: true })
    }
  }
}

function kept(connection: Duplex, open: Set<Duplex>): void {
  open.add(connection)
  connection.on('error', () => connection.destroy()).once('close', () => open.delete(connection))
}

interface Tunnel {
  readonly client: Duplex
  readonly head: Buffer
  readonly allowed: AllowedHosts
  readonly open: Set<Duplex>
}

/** HTTPS: what goes through is between the two. */
async function tunnel({ url = '' }: IncomingMessage, { client, head, allowed, open }: Tunnel): Promise<void> {
  kept(client, open)
  const target = targetOf(`http://${url}`, Number(/:(\d+)$/.exec(url)?.[1]))
  const resolved = await resolvedBy(allowed, target)
  if ('refused' in resolved) return void client.end(`HTTP/1.1 403 Forbidden\r\n\r\n${resolved.refused}\n`)
  const server = connect(target!.port, resolved.address)
  kept(server, open)
  server.once('error', () => client.end('HTTP/1.1 502 Bad Gateway\r\n\r\n'))
  server.once('connect', () => {
    client.write('HTTP/1.1 200 Connection established\r\n\r\n')
    server.write(head)
    server.pipe(client).pipe(server)
  })
  client.once('close', () => server.destroy())
  server.once('close', () => client.destroy())
}

/** HTTP: asked for by its whole address. */
async function passOn(asked: IncomingMessage, answer: ServerResponse, allowed: AllowedHosts): Promise<void> {
  const target = targetOf(asked.url ?? '', 80)
  const resolved = await resolvedBy(allowed, target)
  if ('refused' in resolved) return void answer.writeHead(403).end(`${resolved.refused}\n`)
  const { pathname, search, host } = new URL(asked.url!)
  const { 'proxy-connection': _ours, 'proxy-authorization': _too, ...headers } = asked.headers
  const to = { host: resolved.address, port: target!.port, method: asked.method, path: pathname + search }
  const onward = request({ ...to, headers: { ...headers, host } }, (reply) => {
    answer.writeHead(reply.statusCode ?? 502, reply.headers)
    reply.pipe(answer)
  })
  onward.once('error', () => (answer.headersSent ? answer.destroy() : answer.writeHead(502).end()))
  answer.once('close', () => onward.destroy())
  asked.pipe(onward)
}

async function resolvedBy(allowed: AllowedHosts, target: Target | undefined) {
  return target ? allowed.resolve(target) : { refused: 'this is no address' }
}

/** Only http: what is asked for in any other way is not served. */
function targetOf(url: string, port: number): Target | undefined {
  try {
    const { protocol, hostname, port: own } = new URL(url)
    const named = Number(own) || port
    return protocol === 'http:' && named > 0 ? { host: hostname, port: named } : undefined
  } catch {
    return undefined
  }
}
