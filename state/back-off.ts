import { z } from 'zod'

/** How often something is tried, and how long is waited in between. */
export const BackOff = z.object({
  /** Tries in all, the first one among them. */
  attempts: z.number().int().min(1).max(100).default(4),
  /** The first wait, at most. */
  firstMs: z.number().int().nonnegative().default(500),
  /** How many times longer each wait is than the one before. */
  factor: z.number().min(1).max(10).default(2),
  /** No wait is longer, whoever asks for it; nor can a timer be. */
  capMs: z
    .number()
    .int()
    .nonnegative()
    .max(2 ** 31 - 1)
    .default(60_000)
})
export type BackOff = z.infer<typeof BackOff>

/** What decides about one wait. */
export interface Wait {
  readonly backOff: BackOff
  /** What whoever failed asked for. */
  readonly retryAfterMs?: number | undefined
  /** From 0 up to, not including, 1. */
  readonly chance: number
}

/**
 * Milliseconds to wait before an attempt, counted from 1; undefined where there are no more attempts. Half of a wait is
 * certain and half is left to chance, so that many who failed at once do not come back at once. Chance comes on top of
 * `Retry-After`, never below it. Where that is above the cap, the cap is waited: it is better to ask once too early than
 * to hold a turn for an hour.
 */
export function delayBefore(attempt: number, { backOff, retryAfterMs = 0, chance }: Wait): number | undefined {
  const { attempts, firstMs, factor, capMs } = backOff
  if (attempt > attempts) return undefined
  if (attempt <= 1) return 0
  const longest = Math.min(capMs, firstMs * factor ** (attempt - 2))
  const least = Math.max(longest / 2, retryAfterMs)
  return Math.min(capMs, Math.ceil(least + (chance * longest) / 2))
}
