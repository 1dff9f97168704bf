import { z } from 'zod'

/** A call that waits for background tasks, until all of them have ended or any has. */
export const Wait = z.object({
  ids: z.array(z.string()),
  until: z.enum(['all', 'any']),
  timeoutMs: z.number().exactOptional(),
  /** How long was waited so far. While nothing can go on until somebody above decides, it does not grow. */
  spentMs: z.number()
})
export type Wait = z.infer<typeof Wait>
/** By the id of the call. */
export type Waits = Readonly<Record<string, Wait>>

/** Later writes win; null lets a wait go. */
export function mergeWaits(waits: Waits, writes: Readonly<Record<string, Wait | null>>): Waits {
  const merged = Object.entries({ ...waits, ...writes })
  return Object.fromEntries(merged.filter((entry): entry is [string, Wait] => entry[1] !== null))
}
