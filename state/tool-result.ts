import { z } from 'zod'
import type { Failure } from './errors.ts'

/** What became of a call: a value in every case, for the model to read. */
export type ToolResult =
  | {
      ok: true
      output: string
      /** Who else wrote the output: it is to be read, and orders nothing. */
      untrusted?: string
      /** The output is a part; the whole is kept and `read_output` reads it. */
      cut?: { total: number }
      /** Fields of the agent's state that the tool writes, each with a reducer. */
      update?: Record<string, unknown>
    }
  | {
      ok: false
      error: Failure
      /** Who else wrote of what went wrong. */
      untrusted?: string
      /** It failed for a moment: trying again may help, after what whoever failed asked for. */
      transient?: { retryAfterMs?: number }
      /** It did not fail: it goes on when it has been told this. */
      needs?: ToolNeeds
    }

/** A question to whoever decides, in words of ours. */
export const ToolQuestion = z.object({
  key: z.string(),
  kind: z.enum(['input', 'auth']),
  reason: z.string(),
  args: z.record(z.string(), z.unknown())
})
export type ToolQuestion = z.infer<typeof ToolQuestion>

/** What a tool wants to be told before it goes on. `state` is handed back with the answers, as it is. */
export const ToolNeeds = z.object({ questions: z.array(ToolQuestion).min(1), state: z.unknown() })
export type ToolNeeds = z.infer<typeof ToolNeeds>

export type ToolAnswer = { kind: 'given'; value: unknown } | { kind: 'declined'; reason: string }

/** What was answered, by the keys of the questions, for the call that goes on. */
export interface ToolAnswers {
  readonly by: Readonly<Record<string, ToolAnswer>>
  readonly state: unknown
}
