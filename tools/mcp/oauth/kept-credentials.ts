import { type CredentialStore, type Credentials, nameOf } from './credentials.ts'

/** What keeps texts by name, and keeps them secret. */
export interface SecretTexts {
  read(name: string): Promise<string | undefined>
  write(name: string, text: string | undefined): Promise<void>
  /** Does work that no two processes do at once for the same name. */
  alone<T>(name: string, work: () => Promise<T>): Promise<T>
}

export function keptCredentials(texts: SecretTexts): CredentialStore {
  return {
    async read(key) {
      const text = await texts.read(nameOf(key))
      return text === undefined ? undefined : (JSON.parse(text) as Credentials)
    },
    write: (key, credentials) => texts.write(nameOf(key), credentials && JSON.stringify(credentials)),
    alone: (key, work) => texts.alone(nameOf(key), work)
  }
}
