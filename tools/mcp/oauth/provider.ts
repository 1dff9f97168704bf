// P1. What an issuer gave is kept under that issuer, and given to no other.
// P2. An authorization server that does not say that it supports PKCE gets nothing.
// P3. What belongs to one way to the authorization server and back, verifier, state and what was found out, is used once and forgotten.
import { randomBytes } from 'node:crypto'
import type {
  OAuthClientInformationContext,
  OAuthClientMetadata,
  OAuthClientProvider,
  OAuthDiscoveryState,
  StoredOAuthClientInformation,
  StoredOAuthTokens
} from '@modelcontextprotocol/client'
import { RuntimeError } from '../../../state/errors.ts'
import type { RemoteServer } from '../server.ts'
import { type CredentialKey, type CredentialStore, type Credentials, NO_CREDENTIALS } from './credentials.ts'

export interface ProviderParts {
  readonly server: string
  readonly oauth: RemoteServer['oauth']
  readonly key: CredentialKey
  readonly store: CredentialStore
  /** Where a person would come back to; undefined where none can be asked. */
  readonly redirectUrl: string | undefined
}

/** The way to an authorization server that is under way. */
export interface Pending {
  readonly url: URL
  readonly state: string
  readonly discovery: OAuthDiscoveryState
}

const NOBODY_TO_ASK = 'http://127.0.0.1/nobody'

/** What the client's own code for OAuth asks for, over our store. */
export class CredentialProvider implements OAuthClientProvider {
  readonly #parts: ProviderParts
  #state: string | undefined
  #verifier: string | undefined
  #discovery: OAuthDiscoveryState | undefined
  #url: URL | undefined
  /** The refresh token that is tried, so that a newer one is not thrown away for it. */
  #tried: string | undefined

  readonly clientMetadataUrl?: string

  constructor(parts: ProviderParts) {
    this.#parts = parts
    const { clientMetadataUrl } = parts.oauth
    if (clientMetadataUrl !== undefined) this.clientMetadataUrl = clientMetadataUrl
  }

  get redirectUrl(): string {
    return this.#parts.redirectUrl ?? NOBODY_TO_ASK
  }

  get clientMetadata(): OAuthClientMetadata {
    const { scope } = this.#parts.oauth
    return {
      client_name: 'Deputy',
      redirect_uris: [this.redirectUrl],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      ...(scope !== undefined && { scope })
    }
  }

  state(): string {
    this.#state = randomBytes(32).toString('base64url')
    return this.#state
  }

  async clientInformation(context?: OAuthClientInformationContext): Promise<StoredOAuthClientInformation | undefined> {
    const { clientId, clientSecret } = this.#parts.oauth
    const issuer = context?.issuer
    if (clientId !== undefined)
      return {
        client_id: clientId,
        ...(clientSecret !== undefined && { client_secret: clientSecret }),
        ...(issuer !== undefined && { issuer })
      }
    const known = issuer === undefined ? undefined : (await this.#read()).clients[issuer]
    return known && this.#comesBackHere(known) ? known : undefined
  }

  async saveClientInformation(
    client: StoredOAuthClientInformation,
    context?: OAuthClientInformationContext
  ): Promise<void> {
    const issuer = context?.issuer ?? client.issuer
    if (issuer === undefined || this.#parts.oauth.clientId !== undefined) return
    await this.#change((kept) => ({ ...kept, clients: { ...kept.clients, [issuer]: client } }))
  }

  async tokens(context?: OAuthClientInformationContext): Promise<StoredOAuthTokens | undefined> {
    const kept = await this.#read()
    const issuer = context?.issuer ?? kept.issuer
    const tokens = issuer === undefined ? undefined : kept.tokens[issuer]
    this.#tried = tokens?.refresh_token
    return tokens
  }

  async saveTokens(tokens: StoredOAuthTokens, context?: OAuthClientInformationContext): Promise<void> {
    const issuer = context?.issuer ?? tokens.issuer
    if (issuer === undefined) return
    this.forget()
    await this.#change((kept) => {
      const before = kept.tokens[issuer]?.refresh_token
      const refresh = tokens.refresh_token ?? before
      const saved = { ...tokens, ...(refresh !== undefined && { refresh_token: refresh }) }
      return { ...kept, issuer, tokens: { ...kept.tokens, [issuer]: saved } }
    })
  }

  redirectToAuthorization(url: URL): void {
    this.#url = url
  }

  saveCodeVerifier(verifier: string): void {
    this.#verifier = verifier
  }

  codeVerifier(): string {
    if (this.#verifier === undefined) throw new RuntimeError('MCP_AUTH_NEEDED', 'no authorization is under way')
    return this.#verifier
  }

  saveDiscoveryState(state: OAuthDiscoveryState): void {
    const methods = state.authorizationServerMetadata?.code_challenge_methods_supported
    if (!methods?.includes('S256'))
      throw new RuntimeError('MCP_AUTH_NEEDED', `its authorization server does not say that it supports PKCE (S256)`)
    this.#discovery = state
  }

  discoveryState(): OAuthDiscoveryState | undefined {
    return this.#discovery
  }

  async invalidateCredentials(scope: 'all' | 'client' | 'tokens' | 'verifier' | 'discovery'): Promise<void> {
    const issuer = this.#discovery?.authorizationServerMetadata?.issuer ?? (await this.#read()).issuer
    if (issuer === undefined || scope === 'verifier' || scope === 'discovery') return
    await this.#change((kept) => {
      const clients = scope === 'tokens' ? kept.clients : without(kept.clients, issuer)
      const isNewer = kept.tokens[issuer]?.refresh_token !== this.#tried
      const tokens = scope === 'client' || isNewer ? kept.tokens : without(kept.tokens, issuer)
      return { ...kept, clients, tokens }
    })
  }

  /** The way that has been begun, if a person has to go it. */
  pending(): Pending | undefined {
    if (!this.#url || this.#state === undefined || !this.#discovery) return undefined
    return { url: this.#url, state: this.#state, discovery: this.#discovery }
  }

  /** Nothing of a way that was begun is used again. */
  forget(): void {
    this.#state = undefined
    this.#verifier = undefined
    this.#discovery = undefined
    this.#url = undefined
  }

  /** One that was registered with another address is not let back to this one. */
  #comesBackHere(client: StoredOAuthClientInformation): boolean {
    if (this.#parts.redirectUrl === undefined || !('redirect_uris' in client)) return true
    const uris = (client as { redirect_uris?: readonly string[] }).redirect_uris
    return !uris?.length || uris.includes(this.redirectUrl)
  }

  async #read(): Promise<Credentials> {
    return (await this.#parts.store.read(this.#parts.key)) ?? NO_CREDENTIALS
  }

  async #change(change: (kept: Credentials) => Credentials): Promise<void> {
    await this.#parts.store.write(this.#parts.key, change(await this.#read()))
  }
}

function without<T>(record: Readonly<Record<string, T>>, key: string): Record<string, T> {
  return Object.fromEntries(Object.entries(record).filter(([name]) => name !== key))
}
