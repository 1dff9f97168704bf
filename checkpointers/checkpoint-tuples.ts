import {
  type Checkpoint,
  type CheckpointMetadata,
  type CheckpointPendingWrite,
  type CheckpointTuple,
  maxChannelVersion,
  TASKS
} from '@langchain/langgraph-checkpoint'
import { z } from 'zod'
import { messageOf } from '../state/errors.ts'
import type { RowKind } from './row-reader.ts'

/** What names a checkpoint, as the tables of both databases call it. */
export interface CheckpointKey {
  readonly thread_id: string
  readonly checkpoint_ns: string
  readonly checkpoint_id: string
}

export type CheckpointRow = CheckpointKey & { readonly parent_checkpoint_id: string | null }

/** How the checkpoints of a database are read. */
export function checkpointKind(parse: (row: unknown) => CheckpointTuple): RowKind<CheckpointTuple> {
  return {
    table: 'checkpoints',
    key: ['thread_id', 'checkpoint_ns', 'checkpoint_id'],
    refusal: 'a checkpoint was changed, damaged or written with another key, go on from another one or mend it',
    parse
  }
}

interface Parts {
  readonly checkpoint: unknown
  readonly metadata: unknown
  readonly pendingWrites: CheckpointPendingWrite[]
  /** What the step before has sent, for a checkpoint of a LangGraph that did not keep it itself. */
  sends(): unknown[]
}

const LoadedCheckpoint = z.object({
  v: z.number(),
  id: z.string(),
  ts: z.string(),
  channel_values: z.looseObject({}),
  channel_versions: z.record(z.string(), z.union([z.string(), z.number()])),
  versions_seen: z.looseObject({})
})
const LoadedMetadata = z.looseObject({})

/** @throws ZodError where the loaded parts are no checkpoint */
export function tupleOf(row: CheckpointRow, { checkpoint, metadata, pendingWrites, sends }: Parts): CheckpointTuple {
  LoadedCheckpoint.parse(checkpoint)
  LoadedMetadata.parse(metadata)
  const { thread_id, checkpoint_ns, checkpoint_id, parent_checkpoint_id } = row
  const loaded = checkpoint as Checkpoint
  const parent = { configurable: { thread_id, checkpoint_ns, checkpoint_id: parent_checkpoint_id } }
  return {
    config: { configurable: { thread_id, checkpoint_ns, checkpoint_id } },
    checkpoint: loaded.v < 4 && parent_checkpoint_id !== null ? withSends(loaded, sends()) : loaded,
    metadata: metadata as CheckpointMetadata,
    ...(parent_checkpoint_id === null ? {} : { parentConfig: parent }),
    pendingWrites
  }
}

/** Says of what is wrong with a part of a checkpoint which part it is. */
export function named<Loaded>(part: string, load: () => Loaded): Loaded {
  try {
    return load()
  } catch (thrown) {
    throw new Error(`${part}: ${messageOf(thrown)}`, { cause: thrown })
  }
}

function withSends(checkpoint: Checkpoint, sends: unknown[]): Checkpoint {
  const versions = Object.values(checkpoint.channel_versions)
  return {
    ...checkpoint,
    channel_values: { ...checkpoint.channel_values, [TASKS]: sends },
    channel_versions: {
      ...checkpoint.channel_versions,
      [TASKS]: versions.length > 0 ? maxChannelVersion(...versions) : 1
    }
  }
}
