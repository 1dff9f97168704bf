import { z } from 'zod'

/**
 * Something sent to a thread from outside its run, also from another process. Messages: `steer` is read by the agent's very
 * next model call, `queue` begins its next turn, `follow-up` does what comes first of the two. `report`: a background task
 * has moved, and its parent is to look. Commands: what the holder of the tree's lease is to do.
 */
export const Letter = z.object({
  id: z.string(),
  rootThreadId: z.string(),
  threadId: z.string(),
  kind: z.enum(['steer', 'queue', 'follow-up', 'report', 'cancel', 'pause', 'wrap-up']),
  /** The words of a message, the reason of a command; of a report the id of the task. */
  text: z.string(),
  sentAt: z.number()
})
export type Letter = z.infer<typeof Letter>

/** A letter that nobody has taken yet. `begun`: a turn was begun with it, which may not have come as far as a checkpoint. */
export const WaitingLetter = Letter.extend({ begun: z.boolean() })
export type WaitingLetter = z.infer<typeof WaitingLetter>
