import type { Ask } from './asks.ts'
import type { Call } from './calls.ts'
import type { Decider, Decision } from './decisions.ts'
import type { Failure } from './errors.ts'
import type { Outcome } from './outcome.ts'
import type { Usage } from './usage.ts'

/** What happens in a tree, as one union. */
export type EventBody =
  | { type: 'turn.started'; agent: string }
  | { type: 'turn.finished'; outcome: Outcome }
  | { type: 'model.started' }
  | { type: 'model.delta'; text: string }
  | { type: 'model.finished'; text: string; calls: readonly Call[]; usage: Usage }
  | { type: 'tool.started'; toolCallId: string; tool: string; args: Record<string, unknown> }
  | { type: 'tool.progress'; toolCallId: string; text: string }
  | { type: 'tool.finished'; toolCallId: string; tool: string; ok: boolean; output: string }
  | { type: 'ask.opened'; toolCallId: string; ask: Ask }
  | { type: 'ask.decided'; toolCallId: string; ask: Ask; decision: Decision; by: Decider }
  | { type: 'task.started'; taskId: string; agent: string; task: string; childThreadId: string }
  | {
      type: 'task.settled'
      taskId: string
      agent: string
      status: 'completed' | 'failed' | 'cancelled'
      error?: Failure
    }

/** Where an event comes from: stamped by the runtime, never by the agent. */
export interface EventOrigin {
  /** Place in the order of the whole tree, from 1, without gaps while one runtime drives it. */
  readonly seq: number
  /** Milliseconds since the epoch, by the runtime's clock. */
  readonly at: number
  readonly path: string
  readonly threadId: string
  readonly rootThreadId: string
  readonly runId: string
}

export type AgentEvent = EventOrigin & EventBody
export type EventType = EventBody['type']
