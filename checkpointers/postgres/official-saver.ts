import type { RunnableConfig } from '@langchain/core/runnables'
import {
  type ChannelVersions,
  type Checkpoint,
  type CheckpointListOptions,
  type CheckpointMetadata,
  type CheckpointTuple,
  type PendingWrite,
  WRITES_IDX_MAP
} from '@langchain/langgraph-checkpoint'
import { PostgresSaver } from '@langchain/langgraph-checkpoint-postgres'
import type { Pool } from 'pg'
import { checkpointKind, listTuples, type PageOfRows } from '../checkpoint-tuples.ts'
import { leaseLost } from '../lease-lost.ts'
import type { RowKind, RowReader } from '../row-reader.ts'
import type { Serializer } from '../serializer.ts'
import { blobRows, type StoredCheckpoint, sealedColumns, tupleFrom, writeRows } from './checkpoint-rows.ts'
import { isFenced } from './fence.ts'

// The official saver keeps to the schema `public`.
const PUT_BLOBS = (rows: string) => `
  insert into public.checkpoint_blobs (thread_id, checkpoint_ns, channel, version, type, blob) values ${rows}
  on conflict (thread_id, checkpoint_ns, channel, version) do nothing
`
const PUT = `
  insert into public.checkpoints (thread_id, checkpoint_ns, checkpoint_id, parent_checkpoint_id, checkpoint, metadata)
  values ($1, $2, $3, $4, $5, $6)
  on conflict (thread_id, checkpoint_ns, checkpoint_id) do update set
    parent_checkpoint_id = excluded.parent_checkpoint_id,
    checkpoint = excluded.checkpoint,
    metadata = excluded.metadata
`
const PUT_WRITES = (rows: string) => `
  insert into public.checkpoint_writes
    (thread_id, checkpoint_ns, checkpoint_id, task_id, idx, channel, type, blob) values ${rows}
  on conflict (thread_id, checkpoint_ns, checkpoint_id, task_id, idx)
`
const KEEP = 'do nothing'
const REPLACE = 'do update set channel = excluded.channel, type = excluded.type, blob = excluded.blob'

/** No value of a damaged row makes it fail, so that it hides no other. */
const SELECT = `
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
`
const ONE = `${SELECT} where thread_id = $1 and checkpoint_ns = $2 and checkpoint_id = $3`
const LAST = `${SELECT} where thread_id = $1 and checkpoint_ns = $2 order by checkpoint_id desc limit 1`
const LIST = `
  ${SELECT}
  where ($1::text is null or thread_id = $1) and ($2::text is null or checkpoint_ns = $2)
    and ($3::text is null or checkpoint_id = $3) and ($4::text is null or checkpoint_id < $4)
    and ($5::text is null or (checkpoint_id, thread_id, checkpoint_ns) < ($5, $6, $7))
  order by checkpoint_id desc, thread_id desc, checkpoint_ns desc
  limit $8
`

type Config = RunnableConfig

/**
 * The tables of the official saver, with rows that are sealed and read one by one: what is wrong with one is named. What the
 * fence refuses is LEASE_LOST.
 */
export class SealedPostgresSaver extends PostgresSaver {
  readonly #pool: Pool
  readonly #serde: Serializer
  readonly #read: RowReader
  readonly #kind: RowKind<CheckpointTuple>

  constructor(pool: Pool, { serde, read }: { serde: Serializer; read: RowReader }) {
    super(pool, serde)
    this.#pool = pool
    this.#serde = serde
    this.#read = read
    this.#kind = checkpointKind((row) => tupleFrom(row as StoredCheckpoint, serde))
  }

  override async getTuple({ configurable = {} }: Config): Promise<CheckpointTuple | undefined> {
    const { thread_id, checkpoint_ns = '', checkpoint_id } = configurable
    const { rows } = checkpoint_id
      ? await this.#pool.query<object>(ONE, [thread_id, checkpoint_ns, checkpoint_id])
      : await this.#pool.query<object>(LAST, [thread_id, checkpoint_ns])
    return this.#read.one(this.#kind, rows[0])
  }

  override list({ configurable = {} }: Config, options: CheckpointListOptions = {}): AsyncGenerator<CheckpointTuple> {
    const { thread_id, checkpoint_ns, checkpoint_id } = configurable
    const asked = [thread_id, checkpoint_ns, checkpoint_id, options.before?.configurable?.checkpoint_id]
    const select = async ({ after, limit }: PageOfRows<StoredCheckpoint>) => {
      const place = [after?.checkpoint_id, after?.thread_id, after?.checkpoint_ns]
      return (await this.#pool.query<StoredCheckpoint>(LIST, [...asked, ...place, limit])).rows
    }
    return listTuples({ ...options, kind: this.#kind, read: this.#read, select })
  }

  override async put(
    config: Config,
    checkpoint: Checkpoint,
    metadata: CheckpointMetadata,
    newVersions: ChannelVersions
  ): Promise<Config> {
    const { thread_id, checkpoint_ns = '', checkpoint_id: parent } = config.configurable ?? {}
    const row = { thread_id, checkpoint_ns, checkpoint_id: checkpoint.id, parent_checkpoint_id: parent ?? null }
    const put = { checkpoint, metadata, newVersions, serde: this.#serde }
    const columns = sealedColumns(row, put)
    const blobs = blobRows(row, put)
    const values = [thread_id, checkpoint_ns, checkpoint.id, parent, columns.checkpoint, columns.metadata]
    // One statement, and so both or neither, without a transaction's round trips.
    const sql = blobs.length === 0 ? PUT : `with blobs as (${PUT_BLOBS(placeholders(blobs, values.length))}) ${PUT}`
    await fenced(thread_id, () => this.#pool.query(sql, [...values, ...blobs.flat()]))
    return { configurable: { thread_id, checkpoint_ns, checkpoint_id: checkpoint.id } }
  }

  override async putWrites({ configurable = {} }: Config, writes: PendingWrite[], taskId: string): Promise<void> {
    const { thread_id, checkpoint_ns = '', checkpoint_id } = configurable
    const rows = writeRows({ thread_id, checkpoint_ns, checkpoint_id }, { writes, taskId, serde: this.#serde })
    if (rows.length === 0) return
    const otherwise = writes.every(([channel]) => channel in WRITES_IDX_MAP) ? REPLACE : KEEP
    const sql = `${PUT_WRITES(placeholders(rows, 0))} ${otherwise}`
    await fenced(thread_id, () => this.#pool.query(sql, rows.flat()))
  }
}

/** `($1, $2), ($3, $4)` for two rows of two columns, counting on from those that are taken. */
function placeholders(rows: readonly (readonly unknown[])[], taken: number): string {
  let last = taken
  return rows.map((row) => `(${row.map(() => `$${++last}`).join(', ')})`).join(', ')
}

/** @throws RuntimeError LEASE_LOST for what the fence refuses */
async function fenced(threadId: string, write: () => Promise<unknown>): Promise<void> {
  try {
    await write()
  } catch (thrown) {
    throw isFenced(thrown) ? leaseLost(threadId, thrown) : thrown
  }
}
