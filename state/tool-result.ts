import type { Failure } from './errors.ts'

/** What became of a call: a value in every case, for the model to read. */
export type ToolResult =
  | {
      ok: true
      output: string
      /** The output is a part; the whole is kept and `read_output` reads it. */
      cut?: { total: number }
      /** Fields of the agent's state that the tool writes, each with a reducer. */
      update?: Record<string, unknown>
    }
  | {
      ok: false
      error: Failure
      /** It failed for a moment: trying again may help, after what whoever failed asked for. */
      transient?: { retryAfterMs?: number }
    }
