// What else is read to go on from a checkpoint, as LangGraph reads it.
import type { CheckpointMetadata } from '@langchain/langgraph-checkpoint'

/** A subgraph that keeps its state from run to run goes on from its last checkpoint, whatever that was made below. */
export function keepsState(namespace: string): boolean {
  return !namespace.slice(namespace.lastIndexOf('|') + 1).includes(':')
}

/** The checkpoint of the thread that one of a subgraph was made below. */
export function checkpointAbove(metadata: CheckpointMetadata | undefined): string {
  return (metadata as { parents?: Record<string, string> } | undefined)?.parents?.[''] ?? ''
}

/** In metadata, where a `DeltaChannel` is read from the checkpoints before. */
export const DELTAS = 'counters_since_delta_snapshot'

/** The channels whose values are read from the checkpoints before, back to where they have no counter. */
export function deltasOf(metadata: CheckpointMetadata | undefined): string[] {
  return Object.keys((metadata as { [DELTAS]?: object } | undefined)?.[DELTAS] ?? {})
}
