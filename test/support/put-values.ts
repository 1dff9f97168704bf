import {
  type BaseCheckpointSaver,
  type CheckpointMetadata,
  emptyCheckpoint,
  uuid6
} from '@langchain/langgraph-checkpoint'

interface Putting {
  readonly id?: string
  readonly threadId?: string
  readonly parent?: string | undefined
  readonly metadata?: Partial<CheckpointMetadata>
}

let versions = 0

/** Puts a checkpoint that holds these values, each of a new version, and gives its id. */
export async function putValues(
  saver: BaseCheckpointSaver,
  values: Record<string, unknown>,
  { id = uuid6(0), threadId = 't', parent, metadata = {} }: Putting = {}
): Promise<string> {
  versions += 1
  const channel_versions = Object.fromEntries(Object.keys(values).map((channel) => [channel, versions]))
  const checkpoint = { ...emptyCheckpoint(), id, channel_values: values, channel_versions }
  const config = { configurable: { thread_id: threadId, checkpoint_ns: '', ...(parent && { checkpoint_id: parent }) } }
  await saver.put(config, checkpoint, { source: 'loop', step: 1, parents: {}, ...metadata }, channel_versions)
  return id
}
