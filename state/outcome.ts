import { z } from 'zod'
import { Ask } from './asks.ts'
import { Failure } from './errors.ts'

/** How a turn stands when its run ends. */
export const Outcome = z.discriminatedUnion('status', [
  z.object({ status: z.literal('completed'), text: z.string() }),
  z.object({ status: z.literal('asking'), asks: z.array(Ask) }),
  /** Stopped between two steps, to be resumed. */
  z.object({ status: z.literal('paused'), reason: z.string() }),
  z.object({ status: z.literal('cancelled'), reason: z.string() }),
  z.object({ status: z.literal('failed'), error: Failure })
])
export type Outcome = z.infer<typeof Outcome>
