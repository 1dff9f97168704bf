import { z } from 'zod'
import { Effect } from './call-records.ts'

/** Where a tree was branched off from another. */
export const Branch = z.object({
  rootThreadId: z.string(),
  fromRootThreadId: z.string(),
  fromThreadId: z.string(),
  fromCheckpointId: z.string(),
  /** The root thread whose place it took, by a rewind; null for a fork, which stands beside what it was made of. */
  replaces: z.string().nullable(),
  branchedAt: z.number()
})
export type Branch = z.infer<typeof Branch>

/**
 * A call that had its effect, or may have had it, on the part of a branch that was left: done again it is done twice. On the
 * new branch a call of the same tool with the same arguments is asked about, unless whoever branched off has accepted it.
 */
export const Repeat = z.object({
  /** The tree that it would be repeated in. */
  rootThreadId: z.string(),
  /** The thread and the call that did it. */
  threadId: z.string(),
  toolCallId: z.string(),
  path: z.string(),
  tool: z.string(),
  effect: Effect,
  argsHash: z.string(),
  startedAt: z.number(),
  accepted: z.boolean()
})
export type Repeat = z.infer<typeof Repeat>
