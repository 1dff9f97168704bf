import type { CheckpointTuple } from '@langchain/langgraph-checkpoint'
import type { ClientBase } from 'pg'
import { checkpointKind } from '../checkpoint-tuples.ts'
import type { RowReader } from '../row-reader.ts'
import type { Serializer } from '../serializer.ts'
import type { ListName } from '../sharing/shelf.ts'
import { type StoredCheckpoint, tupleFrom } from './checkpoint-rows.ts'

// The official saver keeps to the schema `public`. No value of a damaged row makes it fail, so that it hides no other.
const ONE = `
  select thread_id, checkpoint_ns, checkpoint_id, parent_checkpoint_id, checkpoint, metadata,
    (
      select array_agg(array[
        convert_to(blobs.channel, 'UTF8'), convert_to(blobs.version, 'UTF8'), convert_to(blobs.type, 'UTF8'), blobs.blob
      ] order by blobs.channel)
      from jsonb_each_text(
        case when jsonb_typeof(checkpoint -> 'channel_versions') = 'object' then checkpoint -> 'channel_versions' end
      ) versions
      join public.checkpoint_blobs blobs
        on blobs.thread_id = cp.thread_id and blobs.checkpoint_ns = cp.checkpoint_ns
        and blobs.channel = versions.key and blobs.version = versions.value
    ) as blobs,
    (
      select array_agg(array[
        convert_to(task_id, 'UTF8'), convert_to(idx::text, 'UTF8'), convert_to(channel, 'UTF8'),
        convert_to(type, 'UTF8'), blob
      ] order by task_id, idx)
      from public.checkpoint_writes w
      where w.thread_id = cp.thread_id and w.checkpoint_ns = cp.checkpoint_ns and w.checkpoint_id = cp.checkpoint_id
    ) as writes,
    case when checkpoint -> 'v' < '4' then (
      select array_agg(array[
        convert_to(task_id, 'UTF8'), convert_to(idx::text, 'UTF8'), convert_to(channel, 'UTF8'),
        convert_to(type, 'UTF8'), blob
      ] order by task_id, idx)
      from public.checkpoint_writes w
      where w.thread_id = cp.thread_id and w.checkpoint_ns = cp.checkpoint_ns
        and w.checkpoint_id = cp.parent_checkpoint_id and w.channel = '__pregel_tasks'
    ) end as sends
  from public.checkpoints cp
  where thread_id = $1 and checkpoint_ns = $2 and checkpoint_id = $3
`

interface Asked {
  readonly at: ListName & { readonly id: string }
  readonly serde: Serializer
  readonly read: RowReader
}

/**
 * A checkpoint from the tables of the official saver, which Deputy used once as well: sealed, or as the official saver wrote it.
 * @throws RuntimeError BAD_STORE where it is damaged
 */
export async function officialTuple(
  client: ClientBase,
  { at, serde, read }: Asked
): Promise<CheckpointTuple | undefined> {
  const { rows } = await client.query<object>(ONE, [at.threadId, at.namespace, at.id])
  const kind = checkpointKind((row) => tupleFrom(row as StoredCheckpoint, serde))
  return read.one(kind, rows[0])
}
