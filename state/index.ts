/** The words: channels, reducers, events, ids, errors, ports. */
export { accepted, isInterlude } from './accepted.ts'
export { AgentState, type AgentUpdate, agentFields } from './agent.ts'
export { Ask, AskRecord, Waiting } from './asks.ts'
export { Branch, Repeat } from './branches.ts'
export { CallRecord, Effect } from './call-records.ts'
export { Call, type Judgement, strictest, Verdict } from './calls.ts'
export { Charter, Limits } from './charter.ts'
export { Context, type ModelPort, type ToolPort, type World, worldOf } from './context.ts'
export { Decider, Decision, Decisions, Scope } from './decisions.ts'
export type { Change, StateDiff, StateView } from './diff.ts'
export { ERROR_CODES, ErrorCode, Failure, RuntimeError } from './errors.ts'
export { type AgentEvent, type EventBody, type EventOrigin, type EventType, passes } from './events.ts'
export type { AskedCall, Explanation, Lesson } from './explanation.ts'
export { FileChange, Skipped } from './files.ts'
export { Grant } from './grants.ts'
export type { Hook, HookAnswer, HookedCall, HookInput, HookLayer, HookPoint, HookPort } from './hooks.ts'
export { askIdOf, childThreadId } from './ids.ts'
export { Letter } from './inbox.ts'
export type { Journal } from './journal.ts'
export { type JsonPatch, jsonPatch, patched } from './json-patch.ts'
export { Lease } from './leases.ts'
export { Label, Mark, PlacedMark } from './marks.ts'
export { inView, mergeMessages, paired, unsettledCalls } from './messages.ts'
export { Outcome } from './outcome.ts'
export { type ReducedFields, requireReducers } from './parallel.ts'
export type { Json, PlainMessage } from './plain.ts'
export {
  type ArgumentKind,
  type ArgumentKinds,
  LAYERS,
  type Layer,
  type LayerName,
  type Policy,
  TreePolicy
} from './policy.ts'
export { PROFILES, type Profile } from './profiles.ts'
export { allow, allowEvenUntrusted, allowInSandbox, ask, deny, Predicate, Remit, Rule } from './remit.ts'
export type { Confined, Confinement, Guard, Sandbox, Unconfined } from './sandbox.ts'
export { mergeTasks, Petition, Task, type TaskLedger } from './task-ledger.ts'
export { type Principal, ThreadRecord, type ThreadStatus } from './threads.ts'
export { mergeTodos, Todo } from './todos.ts'
export type { ToolResult } from './tool-result.ts'
export { addUsage, NO_USAGE, Usage } from './usage.ts'
