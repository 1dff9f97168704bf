import type { RunnableConfig } from '@langchain/core/runnables'
import type { BaseCheckpointSaver, Interrupt, StateSnapshot } from '@langchain/langgraph'
import type { Ask, AskRecord } from '../state/asks.ts'
import type { Call, Judgement } from '../state/calls.ts'
import type { Charter } from '../state/charter.ts'
import type { Authority, Context, World } from '../state/context.ts'
import type { Failure } from '../state/errors.ts'
import type { AskedCall, Explanation, Lesson } from '../state/explanation.ts'
import type { Outcome } from '../state/outcome.ts'
import type { Usage } from '../state/usage.ts'

/** As much of a compiled LangGraph graph as it takes to drive it. */
export interface DrivenGraph {
  // biome-ignore lint/suspicious/noExplicitAny: LangGraph types the config of each graph by its own state
  stream(input: unknown, config: any): Promise<AsyncIterable<unknown>>
  getState(config: RunnableConfig): Promise<StateSnapshot>
  // biome-ignore lint/suspicious/noExplicitAny: as above
  getStateHistory(config: RunnableConfig, options?: any): AsyncIterable<StateSnapshot>
  checkpointer?: BaseCheckpointSaver | boolean | undefined
}

/** All that a run is given by the runtime; with the agent's own model and tools it makes the agent's world. */
export type Ports = Omit<World, 'charter' | 'model' | 'tools'>

/** The ports of a run, for the node whose config it is. */
export type PortsOf = (config: RunnableConfig) => Ports

/** Where asks come from: stamped on each of them. */
export interface Origin {
  readonly threadId: string
  readonly path: string
}

/** How the values and interrupts of a graph are spoken: ours, or those of any other LangGraph graph. */
export interface Dialect {
  /**
   * What the graph is invoked with for a task. `id` becomes that of its message; with `limit` the task is to hand over what
   * there is, without tools; `untrusted` says whose text whoever hands it over has read.
   */
  input(
    task: string,
    how?: { id?: string | undefined; limit?: Failure | undefined; untrusted?: string | undefined }
  ): unknown
  /** How a run that was not interrupted ended. */
  outcome(values: unknown): Extract<Outcome, { status: 'completed' | 'failed' }>
  /** The last words of its present turn, where it has said anything. */
  partial(values: unknown): string | undefined
  /** Whose text its thread has read. */
  untrusted(values: unknown): string | undefined
  /** What the graph's thread has used, without its children. */
  usage(values: unknown): Usage
  /** With what a thread at rest is driven to look after its background tasks; none where it can have none. */
  readonly woken?: unknown
  asks(interrupts: readonly Interrupt[], origin: Origin): Ask[]
  /** Resume values by interrupt id, from what the journal knows of the asks; undefined while nothing can go on. */
  resume(interrupts: readonly Interrupt[], known: ReadonlyMap<string, AskRecord>): Record<string, unknown> | undefined
}

/** A compiled state graph plus its charter. */
export interface Agent {
  readonly charter: Charter
  readonly graph: DrivenGraph
  readonly dialect: Dialect
  /** Whom it may delegate to. */
  readonly delegates: readonly Agent[]
  /** The LangGraph context of a run; none for a graph that is not ours. */
  context?(portsOf: PortsOf): Context
  /** What is to be done with a call of this agent, for those who decide about it. Pure. */
  judge(call: Call, authority: Authority): Judgement
  /** Why a call would be judged as it is. */
  explain(call: AskedCall, authority: Authority): Explanation
  /** What an approval of a call teaches about calls like it. */
  lesson(call: Pick<Call, 'name' | 'args'>): Lesson
}
