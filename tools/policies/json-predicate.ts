import { canonical } from '../../state/canonical.ts'
import type { Predicate } from '../../state/remit.ts'
import { matches } from '../pattern.ts'

export type JsonPredicate = Extract<
  Predicate,
  { equals: unknown } | { oneOf: unknown } | { matches: unknown } | { less: unknown } | { more: unknown }
>

/** Whether a value is as it is asked for. One that is not there is nothing. */
export function holds(predicate: JsonPredicate, value: unknown): boolean {
  if (value === undefined) return false
  if ('equals' in predicate) return isSame(predicate.equals, value)
  if ('oneOf' in predicate) return predicate.oneOf.some((one) => isSame(one, value))
  if ('less' in predicate) return typeof value === 'number' && value < predicate.less
  if ('more' in predicate) return typeof value === 'number' && value > predicate.more
  return matches(predicate.matches, textOf(value))
}

function isSame(a: unknown, b: unknown): boolean {
  return canonical(a) === canonical(b)
}

/** What is no text is read as JSON. */
function textOf(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
}

/** An argument by its name, or by the names that lead into it: `options.force`. Only what the call itself bears. */
export function argumentOf(args: Readonly<Record<string, unknown>>, name: string): unknown {
  if (Object.hasOwn(args, name)) return args[name]
  let found: unknown = args
  for (const part of name.split('.')) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, part)) return undefined
    found = (found as Record<string, unknown>)[part]
  }
  return found
}
