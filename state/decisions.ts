import { z } from 'zod'
import { Remit } from './remit.ts'

/** How far an approval reaches. */
export const Scope = z.enum(['once', 'turn', 'session', 'subtree'])
export type Scope = z.infer<typeof Scope>

const Args = z.record(z.string(), z.unknown())

/** The one answer that an ask gets. `edit` approves other arguments, which are judged again; `answer` is for questions. */
export const Decision = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('approve'),
    scope: Scope.default('once'),
    /** Milliseconds from the decision on after which its grant expires; for a scope other than `once`. */
    forMs: z.number().int().positive().exactOptional(),
    /** What its grant allows beside this call: exactly the rules that a runtime's `lesson` about the ask gives. */
    rules: Remit.exactOptional()
  }),
  z.object({ kind: z.literal('edit'), args: Args }),
  z.object({ kind: z.literal('reject'), reason: z.string().default('') }),
  z.object({ kind: z.literal('answer'), value: z.unknown() })
])
export type Decision = z.infer<typeof Decision>
export type Approval = Extract<Decision, { kind: 'approve' }>

/** Who decided, and why. `path` is the agent whose rule or model did, or on whose ask the grant was given. */
export const Decider = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('person') }),
  z.object({ kind: z.literal('rule'), path: z.string(), reason: z.string() }),
  z.object({ kind: z.literal('model'), path: z.string(), reason: z.string() }),
  z.object({ kind: z.literal('grant'), path: z.string(), grantId: z.string() })
])
export type Decider = z.infer<typeof Decider>

/** What an agent's thread is resumed with: decisions by ask id. One that names an ask which is not open is left aside. */
export const Decisions = z.record(z.string(), Decision)
export type Decisions = z.infer<typeof Decisions>
