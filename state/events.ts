import { z } from 'zod'
import { Ask } from './asks.ts'
import { Call } from './calls.ts'
import { Decider, Decision } from './decisions.ts'
import { Failure } from './errors.ts'
import { FileChange, Skipped } from './files.ts'
import { HookLayer, HookPoint } from './hooks.ts'
import { Outcome } from './outcome.ts'
import { Usage } from './usage.ts'

const Args = z.record(z.string(), z.unknown())

/** The attempt that comes next, after the delay; the first is 1. */
const Attempt = z.number().int().positive()

/** What happens in a tree, as one union. */
export const EventBody = z.discriminatedUnion('type', [
  // `turn`: the letter that brought what the turn was begun with, where this run began it.
  z.object({ type: z.literal('turn.started'), agent: z.string(), turn: z.string().exactOptional() }),
  z.object({ type: z.literal('turn.finished'), outcome: Outcome, turn: z.string().exactOptional() }),
  z.object({ type: z.literal('model.started') }),
  z.object({ type: z.literal('model.retried'), attempt: Attempt, delayMs: z.number(), error: z.string() }),
  z.object({ type: z.literal('model.delta'), text: z.string() }),
  // The model writes a call, and the JSON text of its arguments piece by piece. Void where `model.retried` follows.
  z.object({ type: z.literal('call.started'), toolCallId: z.string(), tool: z.string() }),
  z.object({ type: z.literal('call.delta'), toolCallId: z.string(), text: z.string() }),
  z.object({ type: z.literal('model.finished'), text: z.string(), calls: z.array(Call).readonly(), usage: Usage }),
  z.object({ type: z.literal('tool.started'), toolCallId: z.string(), tool: z.string(), args: Args }),
  z.object({
    type: z.literal('tool.retried'),
    toolCallId: z.string(),
    tool: z.string(),
    attempt: Attempt,
    delayMs: z.number(),
    error: z.string()
  }),
  z.object({ type: z.literal('tool.progress'), toolCallId: z.string(), text: z.string() }),
  z.object({
    type: z.literal('tool.finished'),
    toolCallId: z.string(),
    tool: z.string(),
    ok: z.boolean(),
    output: z.string()
  }),
  z.object({ type: z.literal('ask.opened'), toolCallId: z.string(), ask: Ask }),
  z.object({ type: z.literal('ask.decided'), toolCallId: z.string(), ask: Ask, decision: Decision, by: Decider }),
  z.object({
    type: z.literal('task.started'),
    taskId: z.string(),
    agent: z.string(),
    task: z.string(),
    childThreadId: z.string()
  }),
  z.object({
    type: z.literal('task.settled'),
    taskId: z.string(),
    agent: z.string(),
    status: z.enum(['completed', 'failed', 'cancelled']),
    error: Failure.exactOptional()
  }),
  // With a checkpoint the files of the workspace were kept, and not as they were before. Of many, some are named.
  z.object({
    type: z.literal('files.kept'),
    checkpointId: z.string(),
    snapshot: z.string(),
    changed: z.number().int().nonnegative(),
    changes: z.array(FileChange).readonly(),
    skipped: z.array(Skipped).readonly()
  }),
  // From this checkpoint on they are not, until they are again; the reason is told once.
  z.object({ type: z.literal('files.missed'), checkpointId: z.string(), error: Failure }),
  // A hook was heard. `held`: it failed, and what it looked at was denied for it.
  z.object({
    type: z.literal('hook.ran'),
    hook: z.string(),
    on: HookPoint,
    layer: HookLayer,
    did: z.enum(['nothing', 'changed', 'asked', 'denied', 'failed']),
    durationMs: z.number(),
    toolCallId: z.string().exactOptional(),
    reason: z.string().exactOptional(),
    held: z.boolean().exactOptional()
  })
])
export type EventBody = z.infer<typeof EventBody>

type Passing = Extract<EventBody, { type: 'model.delta' | 'call.started' | 'call.delta' }>
const PASSING: ReadonlySet<EventBody['type']> = new Set<Passing['type']>(['model.delta', 'call.started', 'call.delta'])

/** Whether it is told live and never kept: a piece of a reply, which `model.finished` has whole. */
export function passes<Event extends EventBody>(event: Event): event is Event & Passing {
  return PASSING.has(event.type)
}

/** Where an event comes from: stamped by the runtime, never by the agent. */
export const EventOrigin = z.object({
  /** Place in the order of the whole tree, from 1, without gaps while one runtime drives it. */
  seq: z.number().int().positive(),
  /** Place in the order of its own thread, from 1, without gaps. */
  threadSeq: z.number().int().nonnegative(),
  /** Milliseconds since the epoch, by the runtime's clock. */
  at: z.number(),
  path: z.string(),
  threadId: z.string(),
  rootThreadId: z.string(),
  runId: z.string()
})
export type EventOrigin = Readonly<z.infer<typeof EventOrigin>>

export const AgentEvent = EventOrigin.and(EventBody)
export type AgentEvent = EventOrigin & EventBody
/** An event before it has its place in the order of its tree and of its thread. */
export type UnnumberedEvent = Omit<EventOrigin, 'seq' | 'threadSeq'> & EventBody
export type EventType = EventBody['type']
