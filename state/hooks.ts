// Hooks: what somebody else has to say at fixed points of a run. A hook can tighten and change; nothing that it says allows
// anything. `runtime/hooks/` runs them, `tools/hooks/` makes them of functions and of commands.
import { z } from 'zod'
import type { Ask } from './asks.ts'
import type { Call } from './calls.ts'
import type { Decider, Decision } from './decisions.ts'
import type { Outcome } from './outcome.ts'
import type { ToolResult } from './tool-result.ts'
import type { Usage } from './usage.ts'

export const HookPoint = z.enum([
  'beforeModel',
  'afterModel',
  'beforeTool',
  'afterTool',
  'onAsk',
  'onDecision',
  'onOutcome',
  'onCompaction'
])
export type HookPoint = z.infer<typeof HookPoint>

/** Whose hook it is, in the order in which they run. */
export const HookLayer = z.enum(['global', 'project', 'session'])
export type HookLayer = z.infer<typeof HookLayer>

/** What becomes of what a hook looks at when the hook itself fails: it goes on, or it is held as if the hook had denied it. */
export const OnHookFailure = z.enum(['open', 'closed'])
export type OnHookFailure = z.infer<typeof OnHookFailure>

/** A message as hooks are told of it. */
export interface HeardMessage {
  readonly role: 'system' | 'human' | 'ai' | 'tool'
  readonly text: string
  readonly calls?: readonly Call[]
  readonly toolCallId?: string
}

type ToolCall = { readonly toolCallId: string; readonly tool: string; readonly args: Record<string, unknown> }

/** What a hook is told, by where it stands. */
export type HookSubject =
  | { readonly on: 'beforeModel'; readonly messages: readonly HeardMessage[]; readonly tools: readonly string[] }
  | { readonly on: 'afterModel'; readonly text: string; readonly calls: readonly Call[]; readonly usage: Usage }
  | ({ readonly on: 'beforeTool' } & ToolCall)
  | ({ readonly on: 'afterTool'; readonly ok: boolean; readonly output: string } & ToolCall)
  | { readonly on: 'onAsk'; readonly ask: Ask }
  | { readonly on: 'onDecision'; readonly ask: Ask; readonly decision: Decision; readonly by: Decider }
  | { readonly on: 'onOutcome'; readonly outcome: Outcome }
  | { readonly on: 'onCompaction'; readonly messages: number; readonly viewFrom: string | undefined }

/** The same, with the place where it happens: stamped by the runtime, never by the agent. */
export type HookInput = HookSubject & {
  readonly path: string
  readonly threadId: string
  readonly rootThreadId: string
  readonly runId: string
  readonly workspace: string | undefined
  readonly at: number
}

/** What a hook answers; nothing at all is the usual answer. */
export const HookAnswer = z.strictObject({
  /** `deny` stops what it looks at; `ask` puts a call to whoever stands above. */
  verdict: z.enum(['ask', 'deny']).exactOptional(),
  reason: z.string().exactOptional(),
  /** Before a tool: the arguments in the place of those of the call. They are checked and policed like the model's. */
  args: z.record(z.string(), z.unknown()).exactOptional(),
  /** After a tool: what the model reads in the place of the output. */
  output: z.string().exactOptional(),
  /** Before the model, and after a tool: words for the model, marked as those of the hook. */
  context: z.string().exactOptional()
})
export type HookAnswer = z.infer<typeof HookAnswer>

export interface Hook {
  readonly name: string
  readonly on: HookPoint
  readonly layer: HookLayer
  readonly failure: OnHookFailure
  /** Milliseconds; none where the hook keeps its time itself. */
  readonly timeoutMs?: number | undefined
  /** Whether it looks at calls of this tool; every one without it. */
  readonly concerns?: ((tool: string) => boolean) | undefined
  /** What it gives back is checked: it may come from anywhere. */
  run(input: HookInput, signal: AbortSignal): Promise<unknown>
}

/** A call as hooks leave it. */
export interface HookedCall {
  readonly args: Record<string, unknown>
  readonly verdict?: { readonly kind: 'ask' | 'deny'; readonly reason: string }
}

type Told<On extends HookSubject['on']> = Omit<Extract<HookSubject, { on: On }>, 'on'>

/** All hooks of one run, as nodes speak to them. */
export interface HookPort {
  /** Whether anybody listens there: what they would be told need not be put together otherwise. */
  has(point: HookPoint): boolean
  /** Words to send along. @throws RuntimeError HOOK_BLOCKED */
  beforeModel(told: Told<'beforeModel'>): Promise<readonly string[]>
  /** Why the reply is not to be followed, if it is not. */
  afterModel(told: Told<'afterModel'>): Promise<{ denied?: string }>
  /** `fits` says what is wrong with arguments that a hook has made. */
  beforeTool(call: Call, fits: (call: Call) => string | undefined): Promise<HookedCall>
  afterTool(call: Call, result: ToolResult): Promise<ToolResult>
  /** Why the ask is to be rejected before anybody is asked, if it is. */
  onAsk(told: Told<'onAsk'>): Promise<{ denied?: string }>
  onDecision(told: Told<'onDecision'>): Promise<void>
  onOutcome(told: Told<'onOutcome'>): Promise<void>
  onCompaction(told: Told<'onCompaction'>): Promise<void>
}
