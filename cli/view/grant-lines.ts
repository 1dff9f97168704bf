import type { Grant } from '../../state/grants.ts'
import { duration } from './amounts.ts'
import { shortArgs } from './args-text.ts'
import { cropped } from './columns.ts'
import type { Paint } from './paint.ts'
import { oneLine } from './printable.ts'

/** A grant with the arguments that it is for, where the ask that brought it can still be read. */
export type ShownGrant = Grant & { readonly args?: unknown }

const LONG = 160

/** One line for each grant: id, whether it holds, to whom and how far it was given, and for which call. */
export function grantLines(grants: readonly ShownGrant[], { now, paint }: { now: number; paint: Paint }): string[] {
  if (grants.length === 0) return ['nothing was granted']
  const standings = grants.map((grant) => standingOf(grant, now))
  const widest = Math.max(...standings.map(({ length }) => length))
  return grants.map(({ id, path, scope, tool, args }, at) => {
    const call = cropped(`${oneLine(tool)} ${shortArgs(args)}`.trim(), LONG)
    return `${id}  ${paint.dim(standings[at]!.padEnd(widest))}  ${oneLine(path)}, for the ${scope}: ${call}`
  })
}

function standingOf({ revokedAt, expiresAt }: Grant, now: number): string {
  if (revokedAt !== null) return `revoked ${duration(now - revokedAt)} ago`
  if (expiresAt === null) return 'holds'
  return expiresAt > now ? `holds for ${duration(expiresAt - now)}` : `expired ${duration(now - expiresAt)} ago`
}
