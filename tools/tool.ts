import { z } from 'zod'
import type { Effect } from '../state/call-records.ts'
import type { ToolRun } from '../state/context.ts'
import type { ArgumentKinds } from '../state/policy.ts'
import type { Confinement } from '../state/sandbox.ts'
import type { ToolNeeds } from '../state/tool-result.ts'

/**
 * What a tool gives back: text for the model, and fields of the agent's state that it declared in `writes`; or what it has to be
 * told before it goes on. Text that somebody outside wrote says who did.
 */
export type ToolOutput =
  | string
  | { output: string; update?: Record<string, unknown>; untrusted?: string }
  | { needs: ToolNeeds }

export type Reach = 'outside' | 'itself'

export interface Tool {
  readonly name: string
  readonly description: string
  /** JSON schema of the arguments, as the model is told. */
  readonly schema: Record<string, unknown>
  readonly effect: Effect
  /**
   * How far it acts. `outside`: what it is given leaves the machine, also where it only reads there; usual with an argument
   * that is a URL. `itself`: it changes nothing but the state of its agent. Otherwise `effect` says all.
   */
  readonly reach?: Reach
  /** What arguments are that are more than text: rules about them are read so. */
  readonly kinds?: ArgumentKinds
  /** Milliseconds of running; while a person decides no time passes. */
  readonly timeoutMs: number
  readonly writes: readonly string[]
  /** Where its result is the one that the model has before it already, the model is only told so. */
  readonly dedupes?: boolean
  /** It never runs: it is put before whoever stands above, and the answer is its result. */
  readonly isQuestion?: boolean
  /** Of a tool that runs what nobody has read: whether that runs in a sandbox. What it says stays so while this process lives. */
  readonly confinement?: () => Confinement
  /** Checks and completes the arguments; what is wrong comes back as words. */
  parse(args: unknown): { ok: true; args: Record<string, unknown> } | { ok: false; error: string }
  run(args: Record<string, unknown>, run: ToolRun & { callId: string }): Promise<ToolOutput>
}

interface ToolInit<Args> {
  name: string
  description: string
  effect: Effect
  reach?: Reach
  kinds?: ArgumentKinds
  timeoutMs?: number
  writes?: readonly string[]
  dedupes?: boolean
  confinement?: () => Confinement
  run(args: Args, run: ToolRun & { callId: string }): Promise<ToolOutput>
}

const DEFAULT_TIMEOUT_MS = 120_000

/** A tool whose arguments a zod object describes. */
export function tool<Schema extends z.ZodObject>(init: ToolInit<z.output<Schema>> & { args: Schema }): Tool {
  const { args: schema, run, ...rest } = init
  return {
    timeoutMs: DEFAULT_TIMEOUT_MS,
    writes: [],
    ...rest,
    schema: z.toJSONSchema(schema, { io: 'input' }) as Record<string, unknown>,
    parse: (args) => parsed(schema, args),
    run: (args, toolRun) => run(args as z.output<Schema>, toolRun)
  }
}

/** A tool whose arguments a JSON schema describes, as one that came over the wire. */
export function jsonSchemaTool(init: ToolInit<Record<string, unknown>> & { schema: Record<string, unknown> }): Tool {
  const schema = z.fromJSONSchema(init.schema)
  return { timeoutMs: DEFAULT_TIMEOUT_MS, writes: [], ...init, parse: (args) => parsed(schema, args) }
}

function parsed(schema: z.ZodType, args: unknown): ReturnType<Tool['parse']> {
  const result = schema.safeParse(args)
  if (result.success) return { ok: true, args: result.data as Record<string, unknown> }
  return { ok: false, error: z.prettifyError(result.error) }
}
