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
