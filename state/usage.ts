import { z } from 'zod'

const count = z.number().int().nonnegative().default(0)

/** Tokens and calls. `cached` is part of `input`, `reasoning` is part of `output`; neither is counted twice. */
export const Usage = z.object({ input: count, output: count, cached: count, reasoning: count, calls: count })
export type Usage = z.infer<typeof Usage>

export const NO_USAGE: Usage = { input: 0, output: 0, cached: 0, reasoning: 0, calls: 0 }

export function addUsage(a: Usage, b: Usage): Usage {
  return {
    input: a.input + b.input,
    output: a.output + b.output,
    cached: a.cached + b.cached,
    reasoning: a.reasoning + b.reasoning,
    calls: a.calls + b.calls
  }
}
