import { createHash } from 'node:crypto'
import { canonical } from '../state/canonical.ts'

/** sha256 of arguments as JSON in which the keys of every object are sorted: the same for what means the same. */
export function argsHash(args: unknown): string {
  return createHash('sha256')
    .update(canonical(args ?? null))
    .digest('hex')
}
