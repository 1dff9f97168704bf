// The ports: all that a node may ask of the world. LangGraph hands them over as the run's `context`;
// `runtime/` implements them, tests script them.
import type { AIMessage, BaseMessage } from '@langchain/core/messages'
import type { RunnableConfig } from '@langchain/core/runnables'
import type { BaseStore } from '@langchain/langgraph'
import { z } from 'zod'
import type { Ask } from './asks.ts'
import type { Repeat } from './branches.ts'
import type { BudgetLimit, Reached } from './budget.ts'
import type { CallRecord, Effect } from './call-records.ts'
import type { Call, Judgement, Verdict } from './calls.ts'
import type { Charter } from './charter.ts'
import type { Approval, Decider, Decision } from './decisions.ts'
import { RuntimeError } from './errors.ts'
import type { EventBody } from './events.ts'
import type { AskedCall, Explanation, Lesson } from './explanation.ts'
import type { Grant } from './grants.ts'
import type { HookPort } from './hooks.ts'
import type { Policy } from './policy.ts'
import type { Remit } from './remit.ts'
import type { OpenTask, Task } from './task-ledger.ts'
import type { Principal } from './threads.ts'
import type { ToolAnswers, ToolResult } from './tool-result.ts'
import type { Usage } from './usage.ts'

export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number
}

export interface Ids {
  /** A new id, unique in the tree. */
  next(): string
}

/** A tool as a model is told of it. `schema` is JSON schema. */
export interface ToolSpec {
  readonly name: string
  readonly description: string
  readonly schema: Record<string, unknown>
}

export interface ModelReply {
  readonly message: AIMessage
  readonly usage: Usage
}

/** What a model has just written of a call: that it makes one, or a piece of the text of its arguments. */
export type CallPiece = { kind: 'started'; id: string; name: string } | { kind: 'text'; id: string; text: string }

/** The model of one agent. */
export interface ModelPort {
  /**
   * Sends the messages and gives the whole reply. `onText` sees the text as it arrives; without it and `onCall` nothing is streamed.
   * Calls whose arguments are no JSON come back as calls without arguments; `malformed` finds their text.
   */
  reply(messages: readonly BaseMessage[], request: ModelRequest): Promise<ModelReply>
}

export interface ModelRequest {
  readonly tools: readonly ToolSpec[]
  readonly config: RunnableConfig
  /** The whole thread, where less of it is sent: no id in the reply is one of an earlier message or call. */
  readonly thread?: readonly BaseMessage[]
  readonly onText?: (text: string) => void
  /** Sees calls as they are written, under the ids and names that they have in the reply. One that failed may have begun some. */
  readonly onCall?: (piece: CallPiece) => void
  /** The tools are shown, since the conversation speaks of them, and none may be called. */
  readonly noCalls?: boolean
  /**
   * Told once of each attempt that used anything, also of one that failed or was stopped in the middle: what the provider
   * had reported until then. Of a reply that came it is the same usage that the reply bears.
   */
  readonly onUsage?: (usage: Usage) => void
}

/** The tools of one agent, and the policy over them. */
export interface ToolPort {
  /** What the model is told of at this moment: tools of others come and go. */
  readonly specs: readonly ToolSpec[]
  /** Takes a look at what there is now, and gives the tools to go on with. Between two looks `specs` stays as it is. */
  refresh?(signal: AbortSignal): Promise<ToolPort>
  /** The call with its arguments as its tool would take them, defaults filled in; as it is where they do not fit. Pure. */
  complete(call: Call): Call
  /** Arguments first, then policy: what is to be done with a call. Of the world it looks at where paths lead, and at nothing else. */
  judge(call: Call, authority: Authority): Judgement
  /** Why `judge` says what it says. */
  explain(call: AskedCall, authority: Authority): Explanation
  /** What an approval of a call teaches about calls like it. */
  lesson(call: Pick<Call, 'name' | 'args'>): Lesson
  /** What a repeated call would do; `once` for a tool that is not known. */
  effectOf(name: string): Effect
  /** Whether the model is only told so where the result of a call is the one that it has before it already. */
  dedupes(name: string): boolean
  /** Runs an allowed call. Whatever goes wrong is a result; only a control-flow signal is thrown. */
  run(call: Call, run: ToolRun): Promise<ToolResult>
  /** Names these tools, where others may come into their place while a call of theirs is on its way. */
  readonly edition?: string
  /** The tools as they were in an edition; as they are, where nobody remembers it. */
  as?(edition: string): ToolPort
}

/** What stands behind a verdict: every remit from the agent up to the root, and the permissions given so far. */
export interface Authority extends Partial<Standpoint> {
  readonly remits: readonly Remit[]
  readonly grants: readonly Covering[]
  /** What was done on the part of a branch that was left: whatever a remit allows, it is asked about before it is done again. */
  readonly repeats?: readonly Repeat[]
  /** What hooks said of the call: as strict as a remit, and never more lenient. */
  readonly hooked?: Verdict | undefined
  /** Whose text whoever makes the call has read: what writes or sends is asked about then, unless a rule says that it holds even so. */
  readonly untrusted?: string | undefined
}

/** As much of a grant as says which calls it covers: one, or all that its rules allow. */
export type Covering = Pick<Grant, 'tool' | 'argsHash' | 'rules'>

/** Where a call is made. */
export interface Standpoint {
  /** Of the agent whose call it is. */
  readonly path: string
  readonly workspace: string | undefined
  /** What the person at the root has said in advance. */
  readonly policy: Policy | undefined
}

/** One run of a tool. */
export interface ToolRun {
  readonly signal: AbortSignal
  readonly workspace: string | undefined
  readonly threadId: string
  readonly outputs: OutputPort
  readonly clock: Clock
  /** The same for every attempt at this call: for services that take an idempotency key. */
  readonly idempotencyKey: string
  /** For whom the tree runs; null for nobody in particular. */
  readonly principal: Principal
  /** Where agents keep what outlives their threads, where there is such a place. */
  readonly store?: BaseStore
  /** Characters of its output that the model reads, where that is less than usual. */
  readonly room?: number
  /** What the tool wanted to be told, where it goes on. */
  readonly answers?: ToolAnswers
  /** Asks the model of the agent, on behalf of whoever is behind the tool. @throws RuntimeError BUDGET_EXCEEDED, MODEL_FAILED */
  sample?(request: SampleRequest): Promise<SampleReply>
  progress(text: string): void
}

/** What somebody else wants to ask of a model: text alone. */
export interface SampleRequest {
  readonly system?: string
  readonly messages: readonly { readonly role: 'user' | 'assistant'; readonly text: string }[]
  readonly maxTokens: number
}

export interface SampleReply {
  readonly model: string
  readonly text: string
  /** What it cost, where that is known. */
  readonly tokens?: number
}

/** Where the whole of a shortened output stays. */
export interface OutputPort {
  put(output: { threadId: string; toolCallId: string; text: string }): Promise<void>
  get(key: { threadId: string; toolCallId: string }): Promise<string | undefined>
}

/** What this thread does: a call with an effect is on record before it, so that no re-executed step does it twice. */
export interface CallLog {
  /** Tells that a call begins. Undefined where it is new; what is known of it where it is not. */
  begin(call: Call, as: { effect: Effect; argsHash: string }): Promise<CallRecord | undefined>
  /** Tells what became of it; `output` is what the model reads. */
  finish(call: Call, as: { effect: Effect; result: ToolResult; output: string }): Promise<void>
  /** Keeps that an attempt failed for a moment; gives how many were made, also before a restart. */
  failed(call: Call, as: { effect: Effect; argsHash: string }): Promise<number>
}

/** What is sent to this thread from outside its run. */
export interface InboxPort {
  /** The messages that the next model call has to see and that the thread does not have yet, in the order of sending. */
  steering(messages: readonly BaseMessage[]): Promise<readonly BaseMessage[]>
}

/** What the whole tree may use, and has used. */
export interface BudgetPort {
  /** The cap that is used up, if one is. */
  reached(): Reached | undefined
  /** Sets a cap, for the whole tree and at once, unless it is as high already. Who else asked for it need not ask any more. */
  raise(limit: BudgetLimit, cap: number): Promise<void>
}

/** What a parent hands to a child. */
export interface Delegation {
  readonly id: string
  readonly agent: string
  readonly task: string
  /** The parent goes on meanwhile. */
  readonly background?: true
  /** Whose text the parent has read that hands it over. */
  readonly untrusted?: string
}

/** Whatever comes first while an agent attends to its children. */
export type News =
  /** Children whose standing differs from what the ledger says; none where the time is over. */
  | { kind: 'tasks'; tasks: readonly Task[] }
  /** One of the agent's own asks has its decision. */
  | { kind: 'decided' }
  /** Nothing moves until somebody above decides. */
  | { kind: 'quiet' }
  /** The run is to pause: whatever the children do, they are looked after again when it goes on. */
  | { kind: 'pausing' }

/** What an agent waits for. */
export interface Waiting {
  readonly tasks: readonly OpenTask[]
  /** Children that are not waited for: they may ask all the same. */
  readonly beside: readonly OpenTask[]
  readonly asked: readonly Ask[]
  /** Whether a failure is news while others still work. */
  readonly failFast: boolean
  readonly signal: AbortSignal
  /** Whether what has moved is worth going on with. Delegated tasks are once all have settled, those in the background by this. */
  enough?(moved: readonly Task[]): boolean
  /** When, by the clock, the wait is over. */
  readonly until?: number | undefined
}

/** The children of one agent. Every call may be repeated by a re-executed parent: nothing runs twice. */
export interface ChildrenPort {
  /** The agents that this one may delegate to. */
  readonly agents: readonly { readonly name: string; readonly description: string }[]
  /** How many levels may still stand below this agent. */
  readonly depthLeft: number
  /** Whether this agent's turn may end while background tasks are at work. Its children report to it then all the same. */
  readonly outlived: boolean
  /** Undefined where the tree has as many agents as its budget allows. */
  start(delegation: Delegation): Promise<OpenTask | undefined>
  next(waiting: Waiting): Promise<News>
  /** The tasks whose standing differs from what the ledger says, as they stand now: waits for nothing, drives on what rests. */
  look(tasks: readonly OpenTask[]): Promise<readonly Task[]>
  /** Tells that these background tasks are in the ledger as they stand. */
  heard(tasks: readonly Task[]): void
  /** Says something to a child: its very next model call reads it, or its next turn begins with it. Once for each id. */
  send(message: {
    task: Task
    id: string
    text: string
    reopens: boolean
    /** Whose text the parent has read that says it. */
    untrusted?: string | undefined
  }): Promise<void>
  /** Stops a child and all below it; gives how the task ended, which may be otherwise. */
  cancel(task: OpenTask, reason: string): Promise<Task>
  /** Stops children, with all below them; that they have ended is news to come. */
  stop(tasks: readonly OpenTask[], reason: string): Promise<void>
  /** What an authority says of what a child asks, as the child's own tool would take it. */
  judge(ask: Ask, authority: Omit<Authority, 'grants'>): Judgement
  /** Hands a decision to the thread that asked. One that comes after another is left aside: the first stands. */
  decide(ask: Ask, decision: Decision, by: Decider): Promise<void>
}

/** Everything outside of state that a node can reach. */
export interface World extends Standpoint {
  readonly charter: Charter
  readonly threadId: string
  readonly clock: Clock
  readonly ids: Ids
  readonly model: ModelPort
  readonly tools: ToolPort
  readonly children: ChildrenPort
  readonly outputs: OutputPort
  readonly calls: CallLog
  readonly inbox: InboxPort
  readonly principal: Principal
  /** The agent's own remit first, the root's last. */
  readonly remits: readonly Remit[]
  /** What would be done again that was done on the part of a branch that was left. */
  readonly repeats: readonly Repeat[]
  /** Whether anybody listens to text as it arrives. */
  readonly streaming: boolean
  /** Waits; rejects with the signal's reason where it aborts. */
  sleep(ms: number, signal: AbortSignal): Promise<void>
  /** From 0 up to, not including, 1. */
  chance(): number
  /** Counts what a model call used, also one that failed. It counts at once, and is on record when the promise settles. */
  meter(usage: Usage): Promise<void>
  readonly budget: BudgetPort
  /** None where the runtime was given no hooks. */
  readonly hooks?: HookPort | undefined
  /** Makes an ask known at once; the same one twice is one. */
  openAsk(ask: Ask): Promise<void>
  /** The standing permissions that hold on this thread in a turn, as they are at this moment: anybody may revoke one. */
  grants(turn: string): Promise<readonly Grant[]>
  /** Gives a standing permission for what this thread asked; the same ask twice gives one. */
  grant(ask: Ask, as: Approval & { turn: string }): Promise<void>
  emit(event: EventBody): void
}

/** LangGraph's run context for an agent's graph. The function is called once for each node that runs. */
export const Context = z.object({ world: z.custom<WorldOf>().optional() })
export type Context = z.infer<typeof Context>
/** Gives the world of the run that `config` belongs to. */
export type WorldOf = (config: RunnableConfig) => World

/**
 * Where a graph finds its world that is driven past our runtime: bound to `configurable`, which is merged key by key, since
 * LangGraph Server gives every run a context of its own, be it empty.
 */
export const BOUND_WORLD = '__deputy_world'

/**
 * The world of a run.
 * @throws RuntimeError NO_WORLD where the graph was started past the runtime with a context of its own
 */
export function worldOf(run: { context?: Context } & RunnableConfig): World {
  const world = run.context?.world ?? (run.configurable?.[BOUND_WORLD] as WorldOf | undefined)
  if (!world)
    throw new RuntimeError(
      'NO_WORLD',
      'this graph runs under AgentRuntime or as exported by defineAgent; its context was replaced'
    )
  return world(run)
}
