import type { BaseCheckpointSaver, CheckpointMetadata } from '@langchain/langgraph-checkpoint'

/** A saver that lets single checkpoints of a thread go. */
export interface PrunableSaver extends BaseCheckpointSaver {
  /**
   * Lets checkpoints go, with their writes, with what subgraphs kept below them, and with what nothing refers to any more. One that
   * another one is read by stays, and one that has a label. All or nothing of each list, also beside who writes on it: that one
   * goes on with what is left.
   */
  prune(threadId: string, how: Pruning): Promise<Pruned>
  /** What the checkpoints of a thread say beside their state, in no order; damaged ones are left out. */
  metadata(threadId: string): AsyncGenerator<CheckpointMetadata>
}

export interface Pruning {
  /** The ids of those that go; or all, and a thread that is put again is begun anew. */
  readonly dropped: ReadonlySet<string> | 'all'
  /** Nothing is done, and it is told what would be. */
  readonly dryRun?: boolean
}

/** How many rows went. */
export interface Pruned {
  readonly checkpoints: number
  readonly writes: number
  readonly elements: number
}
