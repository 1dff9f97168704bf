const IN_AUTHORITY = /^([a-z][a-z0-9+.-]*:\/\/[^:@/?#]*):.*@/is
const IN_QUERY = /([?&][^=&]*password=)[^&#]*/gi

/**
 * The url with its password replaced by `***`. A password that was not percent-encoded may contain anything, so all up to
 * the last `@` goes: rather too much than a part of it.
 */
export function withoutPassword(url: string): string {
  return url.replace(IN_AUTHORITY, '$1:***@').replace(IN_QUERY, '$1***')
}
