import { z } from 'zod'
import { BackOff } from './back-off.ts'
import { Budget, Price } from './budget.ts'
import { RuntimeError } from './errors.ts'
import { Remit } from './remit.ts'

const Millis = z.number().int().positive()

/** Limits of one agent. Reaching one is a typed outcome, not an exception. */
export const Limits = z.object({
  /** Model calls in one turn, but for the last one, which hands over what there is. */
  steps: z.number().int().positive().default(100),
  /** Tokens that its own model calls may use in one turn. */
  tokens: z.number().int().positive().exactOptional(),
  /** Milliseconds without any sign of life of it or of one below it. Who waits for a decision is not at work. */
  idleMs: Millis.exactOptional(),
  /** Milliseconds of one turn, waiting for decisions not counted. */
  totalMs: Millis.exactOptional(),
  /** Milliseconds in which an agent that reached a limit has to hand over what it has. */
  handOverMs: Millis.default(60_000),
  /** How many levels may stand below this agent; 0 means that it cannot delegate. */
  depth: z.number().int().nonnegative().default(4),
  /** How many children may be at work at once; those that wait for a decision do not count. */
  width: z.number().int().positive().default(64),
  /** Characters of one tool output that the model reads; of a longer one it gets the head and the tail. */
  output: z.number().int().min(1000).default(30_000),
  /** Characters of all tool outputs of one turn. What comes when they are used up is cut short; `read_output` reads on. */
  turnOutput: z.number().int().positive().exactOptional(),
  /** Characters of messages that the model is sent; older turns stay in the thread and leave the view. */
  view: z.number().int().positive().default(400_000)
})
export type Limits = z.infer<typeof Limits>

/** What an agent is and may do, without its code. */
export const Charter = z.object({
  name: z
    .string()
    .regex(/^[a-z][a-z0-9_-]*$/, 'a name is lower case letters, digits, - and _, and starts with a letter'),
  description: z.string().default(''),
  /** `provider:model`, e.g. `openai:gpt-5-mini`. */
  model: z.string().optional(),
  prompt: z.string().default(''),
  /** What it may do itself. */
  remit: Remit.default([]),
  /** How it answers what its children ask, as far as its own remit reaches; first match decides, `ask` passes upward. */
  answers: Remit.default([]),
  /** `model`: what no rule answers goes to this agent's own model before it goes up. */
  arbitration: z.enum(['rules', 'model']).default('rules'),
  /** May leave children at work while its own turn goes on or ends, with the tool `task`. */
  background: z.boolean().default(false),
  /** What becomes of its other children when one fails: they go on, or they are stopped. */
  onFailure: z.enum(['go-on', 'stop']).default('go-on'),
  /** How often what failed for a moment is tried: its model's calls, and tools whose repetition does no harm. */
  retries: BackOff.prefault({}),
  /** What the tree below a turn of this agent may use, where the turn itself says nothing. */
  budget: Budget.partial().exactOptional(),
  /** What its model costs; asked for where a budget is in dollars. */
  price: Price.exactOptional(),
  limits: Limits.prefault({})
})
export type Charter = z.infer<typeof Charter>

/**
 * A charter with its defaults filled in; a malformed one, its remit included, makes no agent at all.
 * @throws RuntimeError BAD_CHARTER naming each field that is wrong
 */
export function checkedCharter(init: z.input<typeof Charter>): Charter {
  const parsed = Charter.safeParse(init)
  if (parsed.success) return parsed.data
  throw new RuntimeError('BAD_CHARTER', `the charter of "${init.name}" is not valid:\n${z.prettifyError(parsed.error)}`)
}
