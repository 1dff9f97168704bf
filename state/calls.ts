import { z } from 'zod'
import type { TaskOperation } from './task-operations.ts'

/** One tool call of a model's message, as LangChain parsed it. */
export const Call = z.object({ id: z.string(), name: z.string(), args: z.record(z.string(), z.unknown()) })
export type Call = z.infer<typeof Call>

/** A call that had its effect before, on the part of a branch that was left. */
export const DoneBefore = z.object({ threadId: z.string(), toolCallId: z.string(), startedAt: z.number() })
export type DoneBefore = z.infer<typeof DoneBefore>

/** What policy says of a call. */
export const Verdict = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('allow') }),
  z.object({
    kind: z.literal('ask'),
    reason: z.string(),
    doneBefore: DoneBefore.exactOptional(),
    /** Whose text was read before the call, where that counts: it writes, or sends. */
    untrusted: z.string().exactOptional()
  }),
  z.object({ kind: z.literal('deny'), reason: z.string() })
])
export type Verdict = z.infer<typeof Verdict>

/** What is done with a call: policy's verdict, or one of the answers that come before policy. */
export type Judgement =
  | Verdict
  | { kind: 'invalid'; reason: string }
  | { kind: 'question' }
  | { kind: 'delegate'; agent: string; task: string }
  | { kind: 'task'; operation: TaskOperation }

const STRICTNESS = { allow: 0, ask: 1, deny: 2 } as const

/** The stricter of two verdicts; the first where they are equal. */
export function strictest(a: Verdict, b: Verdict): Verdict {
  return STRICTNESS[b.kind] > STRICTNESS[a.kind] ? b : a
}
