import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, assert, describe, it } from 'vitest'
import { RuntimeError } from '../../../state/errors.ts'
import { addressKind } from '../../../tools/web/address-kind.ts'
import { type GuardedFetchInit, guardedFetch } from '../../../tools/web/guarded-fetch.ts'

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
})

/** A server on the loopback that counts who connects, whatever is asked of it. */
async function listening(answer: RequestListener = (_request, response) => void response.end('inside')) {
  const server = createServer(answer)
  servers.push(server)
  let connections = 0
  server.on('connection', () => connections++)
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  return { port, url: `http://127.0.0.1:${port}/`, connections: () => connections }
}

const codeOf = (thrown: unknown) => (thrown instanceof RuntimeError ? thrown.code : String(thrown))
const refusalOf = (url: string, init?: GuardedFetchInit) =>
  guardedFetch(init)(url).then(
    () => 'fetched',
    (error: unknown) => codeOf(error)
  )

describe('the kind of an address', () => {
  for (const [address, kind] of [
    ['127.0.0.1', 'loopback'],
    ['127.8.9.1', 'loopback'],
    ['::1', 'loopback'],
    ['[::1]', 'loopback'],
    ['::ffff:127.0.0.1', 'loopback'],
    ['::ffff:7f00:1', 'loopback'],
    ['10.1.2.3', 'private'],
    ['172.16.0.1', 'private'],
    ['172.31.255.255', 'private'],
    ['192.168.1.1', 'private'],
    ['100.64.0.1', 'private'],
    ['fc00::1', 'private'],
    ['fdff::1', 'private'],
    ['::ffff:10.0.0.1', 'private'],
    ['169.254.169.254', 'reserved'],
    ['0.0.0.0', 'reserved'],
    ['::', 'reserved'],
    ['fe80::1', 'reserved'],
    ['fe80::1%eth0', 'reserved'],
    ['64:ff9b::7f00:1', 'reserved'],
    ['2002:7f00:1::', 'reserved'],
    ['2001:0:1::', 'reserved'],
    ['255.255.255.255', 'reserved'],
    ['224.0.0.1', 'reserved'],
    ['no address', 'reserved'],
    ['8.8.8.8', 'public'],
    ['172.32.0.1', 'public'],
    ['::ffff:8.8.8.8', 'public'],
    ['2606:4700::1111', 'public']
  ] as const)
    it(`${address} is ${kind}`, () => assert.equal(addressKind(address), kind))
})

describe('a guarded fetch', () => {
  for (const host of [
    '127.0.0.1',
    '0177.0.0.1',
    '0x7f.1',
    '2130706433',
    '127.1',
    '[::1]',
    '[::ffff:127.0.0.1]',
    'localhost',
    '0.0.0.0',
    'user:word@127.0.0.1'
  ])
    it(`does not connect to ${host}`, async () => {
      const { port, connections } = await listening()
      assert.equal(await refusalOf(`http://${host}:${port}/`), 'URL_REFUSED')
      assert.equal(connections(), 0)
    })

  for (const url of ['file:///etc/passwd', 'gopher://example.com/', 'data:text/plain,x', 'http://93.184.216.34/'])
    it(`refuses ${url}`, async () => assert.equal(await refusalOf(url), 'URL_REFUSED'))

  it('refuses a name of which one address is inside', async () => {
    const resolve = async () => ['93.184.216.34', '10.0.0.7']
    assert.equal(await refusalOf('https://mixed.example/', { resolve }), 'URL_REFUSED')
  })

  it('reaches the loopback only where it may, and then nothing else inside', async () => {
    const { url } = await listening()
    const fetch = guardedFetch({ also: ['loopback'] })
    assert.equal(await (await fetch(url)).text(), 'inside')
    assert.equal(
      await refusalOf('http://169.254.169.254/latest/meta-data', { also: ['loopback', 'private'] }),
      'URL_REFUSED'
    )
  })

  it('connects to the address that was checked, whatever the name means a moment later', async () => {
    const { port, connections } = await listening()
    const answers = [['127.0.0.1'], ['10.0.0.1']]
    const resolve = async () => answers.shift()!
    const fetch = guardedFetch({ also: ['loopback'], resolve })
    assert.equal(await (await fetch(`http://rebound.example:${port}/`)).text(), 'inside')
    assert.equal(connections(), 1)
    assert.equal(await refusalOf(`http://rebound.example:${port}/`, { also: ['loopback'], resolve }), 'URL_REFUSED')
    assert.equal(connections(), 1)
  })

  it('checks each hop of a redirect, and leaves what authorizes at the first origin', async () => {
    const seen: (string | undefined)[] = []
    const target = await listening((request, response) => {
      seen.push(request.headers.authorization)
      response.writeHead(request.url === '/in' ? 302 : 200, { location: 'http://10.0.0.1/' }).end('there')
    })
    const start = await listening((request, response) => {
      response.writeHead(307, { location: `${target.url}${request.url === '/in' ? 'in' : ''}` }).end()
    })
    const fetch = guardedFetch({ also: ['loopback'] })
    const headers = { authorization: 'Bearer token' }
    assert.equal(await (await fetch(start.url, { headers })).text(), 'there')
    assert.deepEqual(seen, [undefined])
    assert.equal(await refusalOf(`${start.url}in`, { also: ['loopback'] }), 'URL_REFUSED')
    assert.equal((await fetch(start.url, { redirect: 'manual' })).status, 307)
  })

  it('gives up on a circle', async () => {
    const { url } = await listening((_request, response) => void response.writeHead(302, { location: '/' }).end())
    assert.equal(await refusalOf(url, { also: ['loopback'] }), 'URL_REFUSED')
  })

  it('takes no more of a body than it may', async () => {
    let written = 0
    const { url } = await listening((_request, response) => {
      const more = () => {
        while (written < 200_000_000 && response.write(Buffer.alloc(65_536))) written += 65_536
      }
      response.on('drain', more)
      more()
    })
    const response = await guardedFetch({ also: ['loopback'], maxBytes: 1_000_000 })(url)
    const failed = await response.text().catch(codeOf)
    assert.equal(failed, 'RESPONSE_TOO_LARGE')
    assert.ok(written < 50_000_000, `${written} bytes were taken`)
  })

  it('counts each event of a stream by itself', async () => {
    const event = `data: ${'x'.repeat(600)}\n\n`
    const answer = (text: string) =>
      listening((_request, response) => {
        response.setHeader('content-type', 'text/event-stream')
        response.end(text)
      })
    const fetch = guardedFetch({ also: ['loopback'], maxBytes: 1000 })
    const many = await fetch((await answer(event.repeat(10))).url)
    assert.equal((await many.text()).length, event.length * 10)
    const long = await fetch((await answer(`data: x\ndata: ${'y'.repeat(2000)}\n\n`)).url)
    assert.equal(await long.text().catch(codeOf), 'RESPONSE_TOO_LARGE')
  })

  it('sends a body as it is, and stops when its reader does', async () => {
    let closed: () => void = () => {}
    const gone = new Promise<void>((resolve) => {
      closed = resolve
    })
    const { url } = await listening(async (request, response) => {
      if (request.method !== 'POST') return void response.on('close', closed).write('a')
      let body = ''
      for await (const chunk of request) body += chunk
      response.end(`${request.headers['content-type']} ${body}`)
    })
    const fetch = guardedFetch({ also: ['loopback'] })
    const posted = await fetch(url, { method: 'POST', body: new URLSearchParams({ a: 'b ü' }) })
    assert.equal(await posted.text(), 'application/x-www-form-urlencoded;charset=UTF-8 a=b+%C3%BC')
    const stop = new AbortController()
    const response = await fetch(url, { signal: stop.signal })
    const reading = response.text().then(
      () => 'read',
      () => 'stopped'
    )
    stop.abort()
    assert.equal(await reading, 'stopped')
    await gone
  })
})
