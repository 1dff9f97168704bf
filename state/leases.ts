import { z } from 'zod'

/**
 * The right to drive a tree. `token` rises by one with every new holder, so that a holder who slept past the end of its
 * lease can be told from the present one. Times are milliseconds by the runtime's clock.
 */
export const Lease = z.object({
  rootThreadId: z.string(),
  holder: z.string(),
  token: z.number().int().positive(),
  expiresAt: z.number()
})
export type Lease = z.infer<typeof Lease>
