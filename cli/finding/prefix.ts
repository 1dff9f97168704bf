import { type ErrorCode, RuntimeError } from '../../state/errors.ts'

const SHOWN = 10

/**
 * The one id that `given` is, or begins. What is asked for by its whole id is never ambiguous.
 * @throws RuntimeError `unknown` where there is none, BAD_ARGUMENTS listing the candidates where there are several
 */
export function idFrom(
  given: string,
  { ids, noun, unknown }: { ids: readonly string[]; noun: string; unknown: ErrorCode }
): string {
  if (ids.includes(given)) return given
  const matching = given === '' ? [] : ids.filter((id) => id.startsWith(given)).toSorted()
  const [only, ...others] = matching
  if (only === undefined) throw new RuntimeError(unknown, `no ${noun} is, or begins with, "${given}"`)
  if (others.length === 0) return only
  const more = matching.length > SHOWN ? [`… ${matching.length - SHOWN} more`] : []
  const listed = [...matching.slice(0, SHOWN), ...more].map((id) => `\n  ${id}`).join('')
  throw new RuntimeError(
    'BAD_ARGUMENTS',
    `"${given}" may be any of ${matching.length} ${noun}s; write more of it:${listed}`
  )
}
