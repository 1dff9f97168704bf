import { z } from 'zod'

const Words = z.string().regex(/\S/, 'Say what is to be done')
const Id = z.string().min(1)
const Ids = z.array(Id).min(1).max(64)

/** What an agent can do with background tasks: children at work while its own turn goes on, or is over. */
export const TaskOperation = z.discriminatedUnion('op', [
  z.object({
    op: z.literal('start'),
    tasks: z
      .array(z.object({ agent: z.string().min(1), task: Words }))
      .min(1)
      .max(64)
  }),
  /** Without ids: all. */
  z.object({ op: z.literal('status'), ids: Ids.exactOptional() }),
  /** Without ids: all that are open. Where the time is over nothing is cancelled. */
  z.object({
    op: z.literal('wait'),
    ids: Ids.exactOptional(),
    until: z.enum(['all', 'any']).default('all'),
    timeoutMs: z.number().int().nonnegative().exactOptional()
  }),
  z.object({ op: z.literal('send'), id: Id, text: Words }),
  z.object({ op: z.literal('cancel'), ids: Ids, reason: z.string().exactOptional() })
])
export type TaskOperation = z.infer<typeof TaskOperation>
