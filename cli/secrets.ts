// Keys and passwords of the environment reach messages by many ways: a provider quotes the key that it refuses, a tool
// prints its environment. None of them is to reach a screen or a log from here.

const NAMES_A_SECRET = /(KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIALS?)$/i
const PASSWORD_IN_URL = /^[a-z][a-z0-9+.-]*:\/\/[^:@/?#]*:(?<password>.+)@/is
/** Shorter ones would hide ordinary words. */
const LEAST = 8

export type Redact = (text: string) => string

/** Replaces what the environment and these urls keep secret by `***`. */
export function redacting(env: NodeJS.ProcessEnv, urls: readonly string[] = []): Redact {
  const fromEnv = Object.entries(env).flatMap(([name, value]) => (NAMES_A_SECRET.test(name) && value ? [value] : []))
  const passwords = [...urls, ...Object.values(env)].flatMap(
    (url) => PASSWORD_IN_URL.exec(url ?? '')?.groups?.password ?? []
  )
  const secrets = [...fromEnv.filter((value) => value.length >= LEAST), ...passwords]
  const forms = [...new Set(secrets.flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1)]))]
  const longestFirst = forms.sort((a, b) => b.length - a.length)
  return (text) => longestFirst.reduce((shown, secret) => shown.replaceAll(secret, '***'), text)
}

/** The same value with every secret in its texts replaced. */
export function redacted<T>(value: T, redact: Redact): T {
  const json = JSON.stringify(value)
  const clean = redact(json)
  return clean === json ? value : (JSON.parse(clean) as T)
}
