import { RuntimeError } from '../../state/errors.ts'

/**
 * Why a database could not be opened, and what to do; `shownUrl` is without password. The error of the driver is not kept
 * as the cause: it may carry the url it was given.
 */
export function cannotOpen(shownUrl: string, thrown: unknown): RuntimeError {
  if (thrown instanceof RuntimeError) return thrown
  const { code, message } = thrown as { code?: string; message?: string }
  if (code === 'ERR_INVALID_URL') return badUrl(shownUrl)
  // Node says nothing but a code where it tried several addresses.
  return new RuntimeError(
    'STORE_UNAVAILABLE',
    `${shownUrl} cannot be used (${message || code}): check that the server runs, that user and password are right, that the database exists and that the user may create tables in it`
  )
}

export function badUrl(shownUrl: string): RuntimeError {
  return new RuntimeError(
    'BAD_STORE',
    `${shownUrl} is no address: it is postgres://USER:PASSWORD@HOST:PORT/DATABASE, with special characters percent-encoded`
  )
}
