import { z } from 'zod'
import { DoneBefore } from './calls.ts'
import { Decider, Decision } from './decisions.ts'

/**
 * A request for a decision. It is made once, on the thread of the agent that needs it, and climbs the tree unchanged:
 * `path` and `threadId` say where it came from and are never taken from the agent's own words.
 */
export const Ask = z.object({
  id: z.string(),
  kind: z.enum(['permission', 'input', 'auth', 'budget']),
  path: z.string(),
  threadId: z.string(),
  toolCallId: z.string(),
  tool: z.string(),
  args: z.unknown(),
  /** sha256 of the canonical arguments; an approval is worth nothing for any other. */
  argsHash: z.string(),
  reason: z.string(),
  /** The same call had its effect on the branch that this one was made of: only a person says that it is to have it again. */
  doneBefore: DoneBefore.exactOptional(),
  /** Whose text the agent had read that wants to write or send this: neither a model nor an ordinary rule says yes to it. */
  untrusted: z.string().exactOptional()
})
export type Ask = z.infer<typeof Ask>

/** An ask as the journal keeps it. `withdrawn`: the run that needed it is gone. */
export const AskRecord = z.discriminatedUnion('status', [
  z.object({ status: z.literal('open'), ask: Ask, rootThreadId: z.string(), openedAt: z.number() }),
  z.object({
    status: z.literal('decided'),
    ask: Ask,
    rootThreadId: z.string(),
    openedAt: z.number(),
    decision: Decision,
    by: Decider,
    decidedAt: z.number()
  }),
  z.object({ status: z.literal('withdrawn'), ask: Ask, rootThreadId: z.string(), openedAt: z.number() })
])
export type AskRecord = z.infer<typeof AskRecord>

/** The value of the one interrupt with which an agent's thread waits: all that it needs decided. */
export const Waiting = z.object({ asks: z.array(Ask).min(1) })
export type Waiting = z.infer<typeof Waiting>
