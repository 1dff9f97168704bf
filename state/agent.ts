import type { BaseMessage } from '@langchain/core/messages'
import { ReducedValue, StateSchema } from '@langchain/langgraph'
import { z } from 'zod'
import { Ask } from './asks.ts'
import { Failure } from './errors.ts'
import { type MessageWrites, mergeMessages } from './messages.ts'
import { Outcome } from './outcome.ts'
import { mergeTasks, Task, type TaskLedger } from './task-ledger.ts'
import { mergeTodos, Todo } from './todos.ts'
import { addUsage, NO_USAGE, Usage } from './usage.ts'
import { mergeWaits, Wait, type Waits } from './waits.ts'

const append = <T>(list: readonly T[], writes: readonly T[]): T[] => [...list, ...writes]

/** The channels of an agent. A field with a reducer may be written by parallel tasks; a plain one by a single node. */
export const agentFields = {
  messages: new ReducedValue(
    z.custom<BaseMessage[]>().default(() => []),
    {
      inputSchema: z.custom<MessageWrites>(),
      reducer: mergeMessages,
      jsonSchemaExtra: { langgraph_type: 'messages', description: 'The conversation, whole' }
    }
  ),
  /** The agent's own calls that wait for a decision. */
  asked: z.array(Ask).default(() => []),
  ledger: new ReducedValue(
    z.custom<TaskLedger>().default(() => ({})),
    {
      inputSchema: z.array(Task),
      reducer: mergeTasks
    }
  ),
  /** The agent's calls that wait for background tasks. */
  waits: new ReducedValue(
    z.custom<Waits>().default(() => ({})),
    {
      inputSchema: z.record(z.string(), Wait.nullable()),
      reducer: mergeWaits
    }
  ),
  todos: new ReducedValue(
    z.array(Todo).default(() => []),
    { reducer: mergeTodos }
  ),
  usage: new ReducedValue(Usage.default(NO_USAGE), { reducer: addUsage }),
  errors: new ReducedValue(
    z.array(Failure).default(() => []),
    { reducer: append<Failure> }
  ),
  /** The model call that is to be tried again, and when: a restart forgets neither. */
  retry: z.object({ attempt: z.number(), at: z.number() }).nullable().default(null),
  /** The id of the first message that the model is sent. */
  viewFrom: z.string().optional(),
  outcome: Outcome.optional()
}

/** The state of every agent that Deputy builds. */
export const AgentState = new StateSchema(agentFields)
export type AgentState = typeof AgentState.State
export type AgentUpdate = typeof AgentState.Update
