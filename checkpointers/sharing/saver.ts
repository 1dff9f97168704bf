import type { RunnableConfig } from '@langchain/core/runnables'
import {
  BaseCheckpointSaver,
  type ChannelVersions,
  type Checkpoint,
  type CheckpointListOptions,
  type CheckpointMetadata,
  type CheckpointTuple,
  type DeltaChannelHistory,
  type PendingWrite
} from '@langchain/langgraph-checkpoint'
import { decode, encode } from '../encoding.ts'
import type { PrunableSaver, Pruned, Pruning } from '../prunable.ts'
import type { RowReader } from '../row-reader.ts'
import type { Serializer } from '../serializer.ts'
import { type Codec, codecOf } from './codec.ts'
import { deltaHistory } from './delta-history.ts'
import { type Drafted, draftCheckpoint, draftWrites } from './drafts.ts'
import { idBytes } from './ids.ts'
import { listMetadata, listTuples } from './listing.ts'
import { nextVersion } from './next-version.ts'
import { Outbox } from './outbox.ts'
import { untilCurrent } from './outdated.ts'
import { pruning } from './pruning.ts'
import { type Reading, readTuple } from './reading.ts'
import type { ByteSeal } from './sealing.ts'
import type { ListName, Shelf } from './shelf.ts'
import { type Bounds, Shelves } from './shelves.ts'
import type { CheckpointTables, StoredList } from './tables.ts'

type Config = RunnableConfig

interface Parts {
  readonly tables: CheckpointTables
  readonly seal: ByteSeal
  readonly read: RowReader
  readonly serde: Serializer
  /**
   * What a checkpoint keeps: all channels that it is given, or of those its parent has and those that have a new version, as the
   * official saver of SQLite has it and that of Postgres.
   */
  readonly channels: 'all' | 'versioned'
  /**
   * From how many bytes on a text is deflated: less where a row costs much beside it, more where bytes are cheap and near. Half a
   * kilobyte where it is not said.
   */
  readonly deflateFrom?: number
  /** How much of what is stored is known here at a time. */
  readonly bounds?: Bounds
}

/**
 * Checkpoints that share with each other what did not change, in the tables of any database. docs/checkpoints.md says how.
 *
 * What is put is taken as it is at the time of the call: it may be changed right after. What is read is the reader's own.
 */
export class SharingSaver extends BaseCheckpointSaver implements PrunableSaver {
  readonly #tables: CheckpointTables
  readonly #codec: Codec
  readonly #shelves: Shelves
  readonly #outbox: Outbox
  readonly #reading: Reading
  readonly #channels: Parts['channels']

  constructor({ tables, seal, read, serde, channels, bounds, deflateFrom }: Parts) {
    super(serde)
    this.#tables = tables
    this.#channels = channels
    this.#codec = codecOf(seal, { deflateFrom })
    this.#shelves = new Shelves(tables, bounds)
    this.#outbox = new Outbox({ tables, codec: this.#codec, reopen: (name, after) => this.#prepare(name, after) })
    this.#reading = { tables, codec: this.#codec, shelves: this.#shelves, read }
  }

  /** Of a version that is text it is text: LangGraph takes both, and says so in no type. */
  override getNextVersion(current: number | undefined): number {
    return nextVersion(current) as number
  }

  /** Resolves when all that was put is written, whether it could be or not. */
  flush(): Promise<void> {
    return this.#outbox.flush()
  }

  override async getTuple({ configurable = {} }: Config): Promise<CheckpointTuple | undefined> {
    const { thread_id, checkpoint_ns = '', checkpoint_id } = configurable
    if (typeof thread_id !== 'string') return undefined
    await this.flush()
    return this.#read({ threadId: thread_id, namespace: checkpoint_ns }, checkpoint_id)
  }

  #read(name: ListName, id: string | undefined): Promise<CheckpointTuple | undefined> {
    return untilCurrent(async () => {
      const row = await this.#tables.checkpoint(name, id ? idBytes(id) : undefined)
      return row && readTuple(row, this.#reading)
    })
  }

  override async *list(config: Config, options: CheckpointListOptions = {}): AsyncGenerator<CheckpointTuple> {
    await this.flush()
    yield* listTuples(config.configurable ?? {}, { ...options, reading: this.#reading })
  }

  override async getDeltaChannelHistory(asked: {
    config: Config
    channels: string[]
  }): Promise<Record<string, DeltaChannelHistory>> {
    await this.flush()
    return untilCurrent(() => deltaHistory(asked, this.#reading))
  }

  override async put(
    config: Config,
    checkpoint: Checkpoint,
    metadata: CheckpointMetadata,
    newVersions?: ChannelVersions
  ): Promise<Config> {
    const { thread_id, checkpoint_ns = '', checkpoint_id: parent } = config.configurable ?? {}
    if (!thread_id) throw new TypeError('a checkpoint is put on a thread: configurable.thread_id is missing')
    const versioned = this.#channels === 'versioned' ? newVersions : undefined
    const name = { threadId: thread_id, namespace: checkpoint_ns }
    const shelf = this.#shelves.known(name)
    if (shelf && (!parent || shelf.checkpoint(parent)))
      await this.#write(draftCheckpoint(shelf, { put: { checkpoint, metadata }, parent, versioned }, this.#codec))
    else {
      const put = snapshot({ checkpoint, metadata })
      const prepared = await this.#prepare(name, parent)
      await this.#write(draftCheckpoint(prepared, { put, parent, versioned }, this.#codec))
    }
    return { configurable: { thread_id, checkpoint_ns, checkpoint_id: checkpoint.id } }
  }

  override async putWrites(config: Config, writes: PendingWrite[], taskId: string, path = ''): Promise<void> {
    const { thread_id, checkpoint_ns = '', checkpoint_id: checkpointId } = config.configurable ?? {}
    if (!thread_id || !checkpointId)
      throw new TypeError('writes belong to a checkpoint: its thread or its id is missing')
    const name = { threadId: thread_id, namespace: checkpoint_ns }
    const shelf = this.#shelves.known(name)
    if (shelf) return this.#write(draftWrites(shelf, { checkpointId, taskId, path, writes }, this.#codec))
    const kept = snapshot(writes)
    const opened = await this.#shelves.open(name)
    return this.#write(draftWrites(opened, { checkpointId, taskId, path, writes: kept }, this.#codec))
  }

  #write({ draft, again }: Drafted): Promise<void> {
    return this.#outbox.put(draft, again)
  }

  /** The shelf of a list, with what the checkpoint to come shares with its parent. Of a damaged parent it shares nothing. */
  async #prepare(name: ListName, parent: string | undefined): Promise<Shelf> {
    const shelf = await this.#shelves.open(name)
    if (!parent || shelf.checkpoint(parent)) return shelf
    await this.#read(name, parent).catch(() => {})
    return this.#shelves.open(name)
  }

  override async deleteThread(threadId: string): Promise<void> {
    await this.flush()
    await this.#tables.deleteThread(threadId)
    this.#shelves.forget(threadId)
  }

  /** Those of subgraphs go first: where a process dies in between, the checkpoints that they belong to are there to name them. */
  async prune(threadId: string, { dropped, dryRun = false }: Pruning): Promise<Pruned> {
    await this.flush()
    const sum = { checkpoints: 0, writes: 0, elements: 0 }
    for (const namespace of (await this.#tables.namespaces(threadId)).toSorted().toReversed()) {
      const steps = (stored: StoredList) => pruning(stored, dropped, this.#codec)
      const pruned = await this.#tables.prune({ threadId, namespace }, steps, { dryRun })
      for (const kind of ['checkpoints', 'writes', 'elements'] as const) sum[kind] += pruned[kind]
    }
    if (!dryRun) this.#shelves.forget(threadId)
    return sum
  }

  async *metadata(threadId: string): AsyncGenerator<CheckpointMetadata> {
    await this.flush()
    yield* listMetadata(threadId, this.#reading)
  }
}

/** What comes back of a value, as it is now. */
function snapshot<Value>(value: Value): Value {
  return decode(JSON.parse(JSON.stringify(encode(value)))) as Value
}
