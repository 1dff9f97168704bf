// What one server is shown of one principal's credentials, and how more are got.
//
// A1. However many requests are refused at once, there is one flight to the authorization server, and all of them wait for it. Of
//     several processes one is there at a time: a refresh token is good for one use, and a second one may end all that it gave. A
//     person is waited for by nobody else.
// A2. A request that was refused with an older token than the one that is there by now is just sent again.
// A3. A person is asked where one can be; where not, the request fails with what to do.
// A4. What comes back from the person is believed only with the state that went out, and from the issuer that was asked. Before
//     that nothing of it is shown.
import {
  type AuthProvider,
  auth,
  computeScopeUnion,
  extractWWWAuthenticateParams,
  InsufficientScopeError,
  isStrictScopeSuperset,
  OAuthClientFlowError,
  validateAuthorizationResponseIssuer
} from '@modelcontextprotocol/client'
import { RuntimeError } from '../../../state/errors.ts'
import type { GuardedFetch } from '../../web/guarded-fetch.ts'
import { authNeeded } from '../failure.ts'
import type { RemoteServer } from '../server.ts'
import type { Authorizer } from './authorizer.ts'
import type { CredentialKey, CredentialStore } from './credentials.ts'
import { discreet } from './discreet.ts'
import { CredentialProvider, type Pending } from './provider.ts'
import { wordless } from './wordless.ts'

export interface AuthorizationParts {
  readonly name: string
  readonly server: RemoteServer
  readonly key: CredentialKey
  readonly store: CredentialStore
  readonly fetch: GuardedFetch
  readonly authorizer?: Authorizer | undefined
}

export interface Authorization {
  readonly provider: AuthProvider
  /** The fetch that remembers which token a request was refused with. */
  readonly fetch: GuardedFetch
  /**
   * Gets what a request failed for the lack of, and says whether there is anything new to try it with. A person takes their
   * time, so they are asked here and not while a request waits.
   */
  settle(error: unknown, signal: AbortSignal): Promise<boolean>
  /** Asks the person, whatever there is. */
  authorize(signal: AbortSignal): Promise<void>
}

interface Wanted {
  readonly scope?: string | undefined
  readonly resourceMetadataUrl?: URL | undefined
  readonly forceReauthorization?: boolean
  /** The token that the request was refused with. */
  readonly refused?: string | undefined
}

/** A request was refused, and only a person can get what it lacks. */
class PersonWanted extends Error {
  readonly wanted: Wanted
  readonly refused: string | undefined

  constructor(wanted: Wanted, refused: string | undefined) {
    super('a person has to authorize it')
    this.wanted = wanted
    this.refused = refused
  }
}

export function authorization({ name, server, key, store, fetch, authorizer }: AuthorizationParts): Authorization {
  const provider = new CredentialProvider({
    server: name,
    oauth: server.oauth,
    key,
    store,
    redirectUrl: authorizer?.redirectUrl
  })
  const refusedWith = new WeakMap<Response, string | undefined>()
  let flight: Promise<void> | undefined
  let scopes: string | undefined

  const sent = discreet(fetch)
  const remembering: GuardedFetch = async (url, init) => {
    const response = await sent(url, init)
    if (response.status === 401) refusedWith.set(response, tokenIn(init))
    return response
  }

  function fly(wanted: Wanted, person?: AbortSignal): Promise<void> {
    flight ??= got(wanted, person).finally(() => {
      flight = undefined
      provider.forget()
    })
    return flight
  }

  /** With a refresh token where there is one; with `person`, who may be asked until it aborts, in any case. */
  async function got(wish: Wanted, person: AbortSignal | undefined): Promise<void> {
    const { scope, resourceMetadataUrl, forceReauthorization = false } = wish
    scopes = computeScopeUnion(scopes, scope)
    const wanted = {
      serverUrl: server.url,
      fetchFn: wordless(fetch),
      forceReauthorization,
      ...(scopes !== undefined && { scope: scopes }),
      ...(resourceMetadataUrl && { resourceMetadataUrl })
    }
    const tokens = await provider.tokens()
    const isForPerson = !tokens?.refresh_token || forceReauthorization
    if (isForPerson && !authorizer) throw authNeeded(name)
    if (isForPerson && !person) throw new PersonWanted(wish, tokens?.access_token)
    if ((await alone(() => first(wanted, wish))) === 'AUTHORIZED') return
    const pending = provider.pending()
    if (!authorizer || !pending) throw authNeeded(name)
    if (!person) throw new PersonWanted(wish, tokens?.access_token)
    if (!isWebPage(pending.url)) throw refused('its authorization page is no web page')
    const params = await authorizer.authorize(pending.url, { server: name, signal: person })
    const { code, iss } = checked(params, pending)
    const back = { ...wanted, authorizationCode: code, ...(iss !== undefined && { iss }) }
    if ((await alone(() => auth(provider, back))) !== 'AUTHORIZED') throw authNeeded(name)
  }

  /** Whoever had to wait for another process may find what that was given. */
  async function first(wanted: Parameters<typeof auth>[1], { refused }: Wanted): ReturnType<typeof auth> {
    const now = (await provider.tokens())?.access_token
    if (!wanted.forceReauthorization && refused !== undefined && now !== undefined && now !== refused)
      return 'AUTHORIZED'
    return auth(provider, wanted)
  }

  function alone<T>(work: () => Promise<T>): Promise<T> {
    return guarded(() => store.alone(key, work))
  }

  /** What an authorization server says of itself is not shown where it is not the one that was asked. */
  async function guarded<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      if (error instanceof OAuthClientFlowError)
        throw refused('its authorization server is not the one that it names', error)
      throw error
    }
  }

  function checked(params: URLSearchParams, { state, discovery }: Pending): { code: string; iss: string | undefined } {
    if (params.get('state') !== state) throw refused('the state that came back is not the one that went out')
    const iss = params.get('iss') ?? undefined
    const metadata = discovery.authorizationServerMetadata
    try {
      validateAuthorizationResponseIssuer({
        iss,
        expectedIssuer: metadata?.issuer,
        issParameterSupported: metadata?.authorization_response_iss_parameter_supported === true
      })
    } catch (error) {
      throw refused('the answer is not of the authorization server that was asked', error)
    }
    const code = params.get('code')
    if (code) return { code, iss }
    const word = /^[a-z_]{1,40}$/.exec(params.get('error') ?? '')?.[0] ?? 'no code came back'
    throw refused(word)
  }

  function refused(why: string, cause?: unknown): RuntimeError {
    return new RuntimeError('MCP_AUTH_NEEDED', `the MCP server "${name}" was not authorized: ${why}`, { cause })
  }

  return {
    fetch: remembering,
    provider: {
      token: async () => (await provider.tokens())?.access_token,
      async onUnauthorized({ response }) {
        const current = (await provider.tokens())?.access_token
        const used = refusedWith.get(response)
        if (current !== undefined && used !== undefined && used !== current) return
        const { scope, resourceMetadataUrl } = extractWWWAuthenticateParams(response)
        try {
          await fly({ scope, resourceMetadataUrl, refused: current })
        } catch (error) {
          // Somebody may have authorized it elsewhere meanwhile.
          const now = (await provider.tokens())?.access_token
          if (now === undefined || now === current) throw error
        }
      }
    },
    async settle(error, signal) {
      const tokens = await provider.tokens()
      const wanted = causeIn(error, PersonWanted)
      if (wanted && wanted.refused !== tokens?.access_token) return true
      if (wanted) await fly(wanted.wanted, signal)
      if (!(error instanceof InsufficientScopeError)) return wanted !== undefined
      const { requiredScope, resourceMetadataUrl } = error
      const scope = computeScopeUnion(tokens?.scope, requiredScope)
      const forceReauthorization = isStrictScopeSuperset(scope, tokens?.scope)
      await fly({ scope, resourceMetadataUrl, forceReauthorization }, signal)
      return true
    },
    authorize: (signal) => fly({ forceReauthorization: true }, signal)
  }
}

/** Others wrap what is thrown. */
function causeIn<T>(thrown: unknown, type: new (...args: never[]) => T): T | undefined {
  for (let error = thrown; error instanceof Error; error = error.cause) if (error instanceof type) return error
  return undefined
}

function tokenIn(init: RequestInit | undefined): string | undefined {
  return new Headers(init?.headers).get('authorization')?.replace(/^Bearer /i, '')
}

const isWebPage = ({ protocol }: URL): boolean => protocol === 'https:' || protocol === 'http:'
