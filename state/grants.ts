import { z } from 'zod'
import { Remit } from './remit.ts'

/**
 * A standing permission that came with a decision: the same tool with the same arguments, for the rest of the turn, or of
 * the thread (`session`), or of the thread and all threads below it (`subtree`).
 */
export const Grant = z.object({
  /** The id of the ask with whose decision it was given: one ask gives at most one. */
  id: z.string(),
  rootThreadId: z.string(),
  /** Where it was given, and the path of the agent there. */
  threadId: z.string(),
  path: z.string(),
  tool: z.string(),
  argsHash: z.string(),
  /** What else it allows, where the decision that gave it said so. Kept with that decision. */
  rules: Remit.exactOptional(),
  scope: z.enum(['turn', 'session', 'subtree']),
  /** The id of the message that began the turn in which it was given. */
  turn: z.string(),
  /** When it was decided. */
  grantedAt: z.number(),
  /** From then on it is worth nothing; null where it has no end. */
  expiresAt: z.number().nullable(),
  revokedAt: z.number().nullable()
})
export type Grant = z.infer<typeof Grant>

/** Neither revoked nor expired. */
export function holds({ expiresAt, revokedAt }: Grant, now: number): boolean {
  return revokedAt === null && (expiresAt === null || expiresAt > now)
}
