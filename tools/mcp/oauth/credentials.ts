import type { StoredOAuthClientInformation, StoredOAuthTokens } from '@modelcontextprotocol/client'
import type { Principal } from '../../../state/threads.ts'

/** For whom, and at which server: what was given for one url is nothing at another. */
export interface CredentialKey {
  readonly principal: Principal
  readonly resource: string
}

/** What was given, by the issuer that gave it: one authorization server never sees what is another's. */
export interface Credentials {
  readonly clients: Readonly<Record<string, StoredOAuthClientInformation>>
  readonly tokens: Readonly<Record<string, StoredOAuthTokens>>
  /** Whose tokens are sent. */
  readonly issuer?: string
}

/** Where credentials are kept. A store that lasts keeps them encrypted. */
export interface CredentialStore {
  read(key: CredentialKey): Promise<Credentials | undefined>
  write(key: CredentialKey, credentials: Credentials | undefined): Promise<void>
  /**
   * Does work that nobody else does at the same time for this key, in whatever process that shares the store. A process that dies in the
   * middle is not waited for.
   */
  alone<T>(key: CredentialKey, work: () => Promise<T>): Promise<T>
}

export const NO_CREDENTIALS: Credentials = { clients: {}, tokens: {} }

export function memoryCredentials(): CredentialStore {
  const kept = new Map<string, Credentials>()
  const last = new Map<string, Promise<unknown>>()
  return {
    read: async (key) => kept.get(nameOf(key)),
    async write(key, credentials) {
      if (credentials) kept.set(nameOf(key), credentials)
      else kept.delete(nameOf(key))
    },
    async alone(key, work) {
      const before = last.get(nameOf(key)) ?? Promise.resolve()
      const mine = before.catch(() => {}).then(work)
      last.set(nameOf(key), mine)
      return mine
    }
  }
}

export const nameOf = ({ principal, resource }: CredentialKey): string => JSON.stringify([principal, resource])
