import { z } from 'zod'
import { Failure } from './errors.ts'
import { ToolNeeds } from './tool-result.ts'

/**
 * What a repeated call does: `read` changes nothing; `idempotent` ends the same however often it runs; `once` must not be
 * repeated unasked.
 */
export const Effect = z.enum(['read', 'idempotent', 'once'])
export type Effect = z.infer<typeof Effect>

/** A result as it is kept: what the model was given. */
export const KeptResult = z.discriminatedUnion('ok', [
  z.object({
    ok: z.literal(true),
    output: z.string(),
    update: z.record(z.string(), z.unknown()).optional(),
    untrusted: z.string().exactOptional()
  }),
  z.object({
    ok: z.literal(false),
    error: Failure,
    needs: ToolNeeds.exactOptional(),
    untrusted: z.string().exactOptional()
  })
])
export type KeptResult = z.infer<typeof KeptResult>

const Base = z.object({
  threadId: z.string(),
  toolCallId: z.string(),
  rootThreadId: z.string(),
  tool: z.string(),
  effect: Effect,
  argsHash: z.string(),
  startedAt: z.number(),
  /** Attempts that failed for a moment. */
  failures: z.number().int().nonnegative().default(0)
})

/** A call with an effect, recorded before the effect. One that is still `started` when nobody runs it has an unknown outcome. */
export const CallRecord = z.discriminatedUnion('status', [
  Base.extend({ status: z.literal('started') }),
  Base.extend({ status: z.literal('finished'), result: KeptResult, finishedAt: z.number() })
])
export type CallRecord = z.infer<typeof CallRecord>
/** Whether a call was answered as one of which nobody knows what came of it. */
export function isUnknown(result: KeptResult): boolean {
  return !result.ok && result.error.code === 'OUTCOME_UNKNOWN'
}

/** A call as it begins. */
export type CallStart = Omit<z.infer<typeof Base>, 'failures'>
