/** Running any compiled graph over time. Agents to run are made by `…/prebuilt`. */
export type { Agent, Dialect, DrivenGraph, Ports, PortsOf } from './agent.ts'
export {
  type AgentRuntime,
  agentRuntime,
  type CheckpointPlace,
  type EventsPage,
  type ForkRequest,
  type PruneReport,
  type PruneRequest,
  type RewindRequest,
  type RuntimeOptions,
  type Turn,
  type TurnRequest,
  type TurnResult,
  type UndoRequest,
  type UnknownOutcome
} from './agent-runtime.ts'
export type { BranchEntry } from './history/branches.ts'
export type { CheckpointDiff, DiffRequest } from './history/diff.ts'
export type { HistoryEntry, HistoryPage } from './history/list.ts'
export type { ReplayReport, ReplayRequest } from './history/replay.ts'
export type { RewindPoint } from './history/rewind-point.ts'
export type { FilesChoice, Rewound } from './history/take-place.ts'
export type { Snapshot } from './snapshot.ts'
export { changeOf, type FileSnapshot, type FileVersion, type Step } from './snapshots/files.ts'
export type { FilesBack } from './snapshots/go-back.ts'
export { filesOf, type KeepingOptions } from './snapshots/kept-files.ts'
export type { Conflict, OnConflict } from './snapshots/plan.ts'
export type { Restored } from './snapshots/restoring.ts'
export { openSnapshots, type RestoreRequest, type SnapshotOptions, type Snapshots } from './snapshots/snapshots.ts'
