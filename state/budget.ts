import { z } from 'zod'
import type { Decision } from './decisions.ts'

/** What a tree may use in all, whoever in it uses it. Reaching one is a question, not a failure: more is asked for. */
export const Budget = z.strictObject({
  /** Tokens in and out. */
  tokens: z.number().int().positive(),
  /** Dollars, by the `price` of each agent's charter. */
  usd: z.number().positive(),
  /** Model calls. */
  calls: z.number().int().positive(),
  /** Agents, the root among them. Beyond it nobody is started; the one who wanted to reads so. */
  agents: z.number().int().positive(),
  /** Milliseconds in which the root is at work; those in which all wait for a decision do not count. */
  wallMs: z.number().int().positive()
})
export type Budget = z.infer<typeof Budget>
export type BudgetLimit = keyof Budget

/** Dollars for a million tokens. */
export const Price = z.object({
  input: z.number().nonnegative(),
  output: z.number().nonnegative(),
  /** Of input that the provider had in its cache; by default as other input. */
  cached: z.number().nonnegative().exactOptional()
})
export type Price = z.infer<typeof Price>

/** A cap that is used up. */
export interface Reached {
  readonly limit: BudgetLimit
  readonly cap: number
  readonly used: number
}

/** The first cap that is used up, if one is. That of agents keeps nobody from working on. */
export function reached(caps: Partial<Budget>, used: Budget): Reached | undefined {
  for (const limit of ['tokens', 'usd', 'calls', 'wallMs'] as const) {
    const cap = caps[limit]
    if (cap !== undefined && used[limit] >= cap) return { limit, cap, used: used[limit] }
  }
  return undefined
}

/** The cap that a decision on more sets: as much again, where it names none. Undefined where it gives nothing, or no more. */
export function raisedTo(decision: Decision, { limit, cap }: Pick<Reached, 'limit' | 'cap'>): number | undefined {
  if (decision.kind === 'reject') return undefined
  if (decision.kind === 'approve') return 2 * cap
  const parsed = Budget.shape[limit].safeParse(decision.kind === 'edit' ? decision.args.cap : decision.value)
  return parsed.success && parsed.data > cap ? parsed.data : undefined
}

/** What tokens cost, in dollars. */
export function costOf(
  { input, output, cached }: { input: number; output: number; cached: number },
  price: Price
): number {
  const fresh = (input - cached) * price.input
  return (fresh + cached * (price.cached ?? price.input) + output * price.output) / 1_000_000
}
