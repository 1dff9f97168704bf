import { applyPatch, createPatch, type Operation } from 'rfc6902'
import { canonical } from './canonical.ts'
import type { Json } from './plain.ts'

/** RFC 6902. */
export type JsonPatch = readonly Operation[]

/** What turns `before` into `after`. */
export function jsonPatch(before: Json, after: Json): JsonPatch {
  return createPatch(before, after, (a, b, at) =>
    Array.isArray(a) && Array.isArray(b) ? listPatch(a, b, at.toString()) : undefined
  )
}

/** What a patch makes of a value, which stays as it was. */
export function patched(before: Json, patch: JsonPatch): Json {
  const whole = { of: structuredClone(before) }
  const below = patch.map((operation) => ({ ...structuredClone(operation), path: `/of${operation.path}` }))
  const [failed] = applyPatch(whole, below as Operation[]).filter((error) => error !== null)
  if (failed) throw failed
  return whole.of
}

/**
 * Lists here grow at their end, and are long: what both begin and end with stays, and the rest is compared place by place. The
 * library looks for the shortest patch, in the square of the length.
 */
function listPatch(before: readonly Json[], after: readonly Json[], path: string): Operation[] {
  const old = before.map(canonical)
  const fresh = after.map(canonical)
  let head = 0
  while (head < old.length && head < fresh.length && old[head] === fresh[head]) head++
  let tail = 0
  while (tail < Math.min(old.length, fresh.length) - head && old.at(-1 - tail) === fresh.at(-1 - tail)) tail++
  const oldEnd = old.length - tail
  const freshEnd = fresh.length - tail
  const patch: Operation[] = []
  for (let at = head; at < Math.min(oldEnd, freshEnd); at++)
    for (const operation of jsonPatch(before[at]!, after[at]!))
      patch.push({ ...operation, path: `${path}/${at}${operation.path}` } as Operation)
  for (let at = oldEnd - 1; at >= freshEnd; at--) patch.push({ op: 'remove', path: `${path}/${at}` })
  for (let at = oldEnd; at < freshEnd; at++) patch.push({ op: 'add', path: `${path}/${at}`, value: after[at] })
  return patch
}
