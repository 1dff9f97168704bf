/** Running any compiled graph over time. Agents to run are made by `…/prebuilt`. */
export type { Agent, Dialect, DrivenGraph, Ports, PortsOf } from './agent.ts'
export {
  type AgentRuntime,
  agentRuntime,
  type EventsPage,
  type RuntimeOptions,
  type Turn,
  type TurnRequest,
  type TurnResult,
  type UnknownOutcome
} from './agent-runtime.ts'
export type { HistoryEntry } from './history/list.ts'
export type { Snapshot } from './snapshot.ts'
export { changeOf, type FileSnapshot, type FileVersion, type Step } from './snapshots/files.ts'
export { filesOf, type KeepingOptions } from './snapshots/kept-files.ts'
export type { Conflict, OnConflict } from './snapshots/plan.ts'
export type { Restored } from './snapshots/restoring.ts'
export { openSnapshots, type RestoreRequest, type SnapshotOptions, type Snapshots } from './snapshots/snapshots.ts'
