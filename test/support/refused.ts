import { assert } from 'vitest'

/** The attempt is refused with this code; gives the error. */
export async function refused(attempt: () => Promise<unknown>, code: string): Promise<Error> {
  const error = await attempt().then(
    () => assert.fail(`${code} was expected`),
    (thrown) => thrown
  )
  assert.equal(error.code, code, error.message)
  return error
}
