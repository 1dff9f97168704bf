import { createHash } from 'node:crypto'

/** sha256 of arguments as JSON in which the keys of every object are sorted: the same for what means the same. */
export function argsHash(args: unknown): string {
  const canonical = JSON.stringify(args, (_key, value: unknown) => (isObject(value) ? sorted(value) : value))
  return createHash('sha256')
    .update(canonical ?? 'null')
    .digest('hex')
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function sorted(object: object): object {
  return Object.fromEntries(Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1)))
}
