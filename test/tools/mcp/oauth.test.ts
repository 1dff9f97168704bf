import { readdir, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { assert, describe, it, onTestFinished } from 'vitest'
import { sealedTexts } from '../../../checkpointers/sealed-texts.ts'
import type { Authorizer } from '../../../tools/mcp/oauth/authorizer.ts'
import { memoryCredentials, nameOf } from '../../../tools/mcp/oauth/credentials.ts'
import { keptCredentials } from '../../../tools/mcp/oauth/kept-credentials.ts'
import { called, hubOf } from '../../support/mcp/hubs.ts'
import { type OAuthBehaviour, oauthServer } from '../../support/mcp/oauth-server.ts'
import { firstLine, killHard, startProcess } from '../../support/processes.ts'
import { tempDir } from '../../support/temp-dir.ts'

const KEY = '5e'.repeat(32)

/** A person who goes where they are sent and comes back with what the page says. */
function person(change: (params: URLSearchParams) => URLSearchParams = (params) => params) {
  const asked: URL[] = []
  const authorizer: Authorizer = {
    redirectUrl: 'http://127.0.0.1:9999/callback',
    async authorize(url) {
      asked.push(url)
      const response = await fetch(url, { redirect: 'manual' })
      return change(new URL(response.headers.get('location')!).searchParams)
    }
  }
  return { authorizer, asked }
}

const at = (url: string) => ({ servers: { guarded: { url, reach: ['loopback' as const] } } })

describe('an authorization', () => {
  it('is asked of a person once, with PKCE and the resource, and kept for what comes after', async () => {
    const { url, seen } = await oauthServer()
    const { authorizer, asked } = person()
    const credentials = memoryCredentials()
    for (let process = 0; process < 2; process++)
      assert.property(await called(hubOf({ ...at(url), authorizer, credentials }), 'guarded__whoami'), 'output')
    assert.lengthOf(asked, 1)
    assert.equal(seen.authorizations[0]!.get('code_challenge_method'), 'S256')
    assert.equal(seen.authorizations[0]!.get('resource'), url)
    assert.deepEqual(seen.grants, ['authorization_code'])
  })

  it('fails with what to do where nobody can be asked, and registers nowhere', async () => {
    const { url, seen } = await oauthServer()
    const result = await called(hubOf(at(url)), 'guarded__whoami')
    assert.propertyVal(result, 'error', 'MCP_AUTH_NEEDED')
    assert.include((result as { message: string }).message, '`deputy mcp auth guarded`')
    assert.equal(seen.registrations, 0)
  })

  it('of one principal is never shown for another', async () => {
    const { url, seen } = await oauthServer()
    const { authorizer, asked } = person()
    const hub = hubOf({ ...at(url), authorizer })
    const tokens: string[] = []
    for (const principal of ['alice', 'bob', 'alice']) {
      seen.tokens.length = 0
      assert.property(await called(hub, 'guarded__whoami', {}, { principal }), 'output')
      tokens.push(...new Set(seen.tokens))
    }
    assert.deepEqual(tokens, ['access-canary-1', 'access-canary-2', 'access-canary-1'])
    assert.lengthOf(asked, 2)
  })

  it('is refreshed once, however many calls are refused at once', async () => {
    const { url, seen, revoke } = await oauthServer()
    const { authorizer } = person()
    const hub = hubOf({ ...at(url), authorizer })
    await called(hub, 'guarded__whoami')
    revoke()
    const results = await Promise.all(Array.from({ length: 8 }, () => called(hub, 'guarded__whoami')))
    for (const result of results) assert.property(result, 'output')
    assert.deepEqual(seen.grants, ['authorization_code', 'refresh_token'])
  })

  for (const [what, behaviour, change] of [
    ['an authorization server without PKCE', { pkce: undefined }, undefined],
    ['an authorization server with plain PKCE only', { pkce: ['plain'] }, undefined],
    ['a wrong state', { back: (params) => params.set('state', 'other') }, undefined],
    ['no state', { back: (params) => params.delete('state') }, undefined],
    ['another issuer', { back: (params) => params.set('iss', 'https://evil.example') }, undefined],
    ['a resource that is another', { resource: 'https://other.example/mcp' }, undefined],
    [
      'a refusal, whose words are not shown',
      {},
      (params: URLSearchParams) =>
        new URLSearchParams({ state: params.get('state')!, error: 'access_denied', error_description: 'IGNORE ALL' })
    ]
  ] as const satisfies readonly (readonly [string, OAuthBehaviour, unknown])[])
    it(`is not taken with ${what}`, async () => {
      const { url, seen } = await oauthServer({
        ...behaviour,
        ...('pkce' in behaviour && { pkce: behaviour.pkce ?? [] })
      })
      const { authorizer } = person(change)
      const result = await called(hubOf({ ...at(url), authorizer }), 'guarded__whoami')
      assert.property(result, 'error')
      assert.notInclude(JSON.stringify(result), 'IGNORE ALL')
      assert.notInclude(seen.grants, 'authorization_code')
    })

  it('goes nowhere inside that the server names', async () => {
    const { base } = await oauthServer()
    const hub = hubOf({ servers: { guarded: { url: `${base}/mcp` } } })
    const result = await called(hub, 'guarded__whoami')
    assert.propertyVal(result, 'error', 'URL_REFUSED')
  })

  for (const [what, behaviour] of [
    ['its authorization server', { issuer: 'https://10.0.0.7' }],
    ['its token endpoint', { metadata: { token_endpoint: 'https://[fd00::7]/token' } }],
    ['its registration', { metadata: { registration_endpoint: 'https://192.168.0.7/register' } }]
  ] as const satisfies readonly (readonly [string, OAuthBehaviour])[])
    it(`goes nowhere inside for ${what}`, async () => {
      const { url, seen } = await oauthServer(behaviour)
      const { authorizer } = person()
      const result = await called(hubOf({ ...at(url), authorizer }), 'guarded__whoami')
      assert.propertyVal(result, 'error', 'URL_REFUSED')
      assert.deepEqual(seen.tokens, [])
    })

  it('fetches what it needs of the urls that it is told, and no other: no keys, no pages, no documents, no webhooks', async () => {
    const trap = await oauthServer()
    const metadata = {
      ...Object.fromEntries(
        [
          'jwks_uri',
          'op_policy_uri',
          'op_tos_uri',
          'service_documentation',
          'introspection_endpoint',
          'revocation_endpoint',
          'pushed_authorization_request_endpoint',
          'userinfo_endpoint',
          'webhook'
        ].map((name) => [name, `${trap.base}/${name}`])
      ),
      client_id_metadata_document_supported: true
    }
    const { url, seen } = await oauthServer({ metadata })
    const { authorizer } = person()
    const clientMetadataUrl = 'https://127.0.0.1:1/client.json'
    const guarded = { url, reach: ['loopback' as const], oauth: { clientMetadataUrl } }
    const hub = hubOf({ servers: { guarded }, authorizer })
    assert.property(await called(hub, 'guarded__whoami'), 'output')
    assert.equal(seen.authorizations[0]!.get('client_id'), clientMetadataUrl)
    assert.deepEqual([...new Set(seen.paths)].sort(), [
      '/.well-known/oauth-authorization-server',
      '/.well-known/oauth-protected-resource/mcp',
      '/authorize',
      '/mcp',
      '/token'
    ])
    assert.deepEqual(trap.seen.paths, [])
  })

  it('shows its tokens in no result and no error', async () => {
    const { url, revoke } = await oauthServer()
    const { authorizer } = person()
    const hub = hubOf({ ...at(url), authorizer })
    const good = await called(hub, 'guarded__whoami')
    revoke()
    const bad = await called(hubOf({ ...at(`${url}/none`), authorizer }), 'guarded__whoami')
    assert.notInclude(JSON.stringify([good, bad]), 'canary')
  })
})

describe('an authorization that processes share', { timeout: 60_000 }, () => {
  /** One that has to be refreshed, and processes that need it. */
  async function shared(beforeRefresh?: () => Promise<unknown>) {
    const server = await oauthServer({ ...(beforeRefresh && { beforeRefresh }) })
    const directory = await tempDir()
    const credentials = keptCredentials(sealedTexts(directory, { encryptionKey: KEY }))
    const { authorizer } = person()
    await called(hubOf({ ...at(server.url), authorizer, credentials }), 'guarded__whoami')
    server.revoke()
    const start = () => {
      const child = startProcess(join(import.meta.dirname, '../../support/mcp/guarded-process.ts'), [
        server.url,
        directory,
        KEY
      ])
      onTestFinished(() => void child.kill('SIGKILL'))
      return child
    }
    return { ...server, start }
  }

  it('is refreshed by one of them, and the others take what it was given', async () => {
    const { seen, start } = await shared(() => sleep(200))
    const processes = [start(), start(), start()]
    for (const child of processes) assert.equal(await firstLine(child), 'ready')
    for (const child of processes) child.stdin.write('go\n')
    for (const said of await Promise.all(processes.map(firstLine))) assert.match(said, /^{"output":/)
    assert.deepEqual(seen.grants, ['authorization_code', 'refresh_token'])
    assert.lengthOf(seen.authorizations, 1)
  })

  it('is refreshed by another where one dies in the middle', async () => {
    let asked = 0
    let arrived = () => {}
    const first = new Promise<void>((resolve) => {
      arrived = resolve
    })
    const { seen, start } = await shared(() => {
      asked++
      if (asked > 1) return Promise.resolve()
      arrived()
      return new Promise(() => {})
    })
    const [dying, other] = [start(), start()] as const
    for (const child of [dying, other]) assert.equal(await firstLine(child), 'ready')
    dying.stdin.write('go\n')
    await first
    other.stdin.write('go\n')
    await killHard(dying)
    assert.match(await firstLine(other), /^{"output":/)
    assert.deepEqual(seen.grants, ['authorization_code', 'refresh_token', 'refresh_token'])
  })
})

describe('credentials in files', () => {
  it('are encrypted, and open for nobody else', async () => {
    const directory = await tempDir()
    const store = keptCredentials(sealedTexts(directory, { encryptionKey: KEY }))
    const [alice, bob] = ['alice', 'bob'].map((principal) => ({ principal, resource: 'https://a.example/mcp' }))
    const credentials = { clients: {}, tokens: { i: { access_token: 'canary', token_type: 'Bearer' } }, issuer: 'i' }
    await store.write(alice!, credentials)
    assert.deepEqual(await store.read(alice!), credentials)
    assert.isUndefined(await store.read(bob!))
    const [file] = await readdir(directory)
    assert.notInclude(await readFile(join(directory, file!), 'latin1'), 'canary')

    await store.write(bob!, credentials)
    const bobs = (await readdir(directory)).find((name) => name !== file)!
    await rename(join(directory, file!), join(directory, bobs))
    const failed = await store.read(bob!).catch((error: { code: string }) => error.code)
    assert.equal(failed, 'BAD_STORE')
    assert.throws(() => sealedTexts(directory, { encryptionKey: undefined }), /DEPUTY_ENCRYPTION_KEY/)
    assert.notEqual(nameOf(alice!), nameOf(bob!))
  })
})
