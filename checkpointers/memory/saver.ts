import type { RunnableConfig } from '@langchain/core/runnables'
import {
  type Checkpoint,
  type CheckpointMetadata,
  type CheckpointTuple,
  MemorySaver,
  type PendingWrite,
  type SerializerProtocol
} from '@langchain/langgraph-checkpoint'
import type { Label } from '../../state/marks.ts'
import type { PrunableSaver, Pruned, Pruning } from '../prunable.ts'
import { checkpointAbove, deltasOf, keepsState } from '../reliance.ts'
import { threadDeleted } from '../thread-deleted.ts'

type Config = RunnableConfig

/** LangGraph's own, with what retention needs. */
export class KeptInMemory extends MemorySaver implements PrunableSaver {
  readonly #deleted = new Set<string>()
  readonly #labels: ReadonlyMap<string, Label>

  constructor(serde: SerializerProtocol, { labels }: { labels: ReadonlyMap<string, Label> }) {
    super(serde)
    this.#labels = labels
  }

  override async put(config: Config, checkpoint: Checkpoint, metadata: CheckpointMetadata): Promise<Config> {
    const { thread_id, checkpoint_ns = '', checkpoint_id: parent } = config.configurable ?? {}
    if (!parent && !checkpoint_ns) this.#deleted.delete(thread_id)
    this.#expectNotDeleted(thread_id)
    return super.put(config, checkpoint, metadata)
  }

  override async putWrites(config: Config, writes: PendingWrite[], taskId: string, path?: string): Promise<void> {
    this.#expectNotDeleted(config.configurable?.thread_id)
    return super.putWrites(config, writes, taskId, path)
  }

  override async deleteThread(threadId: string): Promise<void> {
    if (this.storage[threadId]) this.#deleted.add(threadId)
    await super.deleteThread(threadId)
  }

  async prune(threadId: string, { dropped, dryRun = false }: Pruning): Promise<Pruned> {
    const tuples: CheckpointTuple[] = []
    for await (const tuple of this.list({ configurable: { thread_id: threadId } })) tuples.push(tuple)
    const going = this.#going(tuples, dropped)
    const writes = [...going].reduce((sum, { pendingWrites = [] }) => sum + pendingWrites.length, 0)
    if (!dryRun) for (const { config } of going) this.#drop(config)
    return { checkpoints: going.size, writes, elements: 0 }
  }

  async *metadata(threadId: string): AsyncGenerator<CheckpointMetadata> {
    for await (const { metadata } of this.list({ configurable: { thread_id: threadId } })) if (metadata) yield metadata
  }

  #expectNotDeleted(threadId: string): void {
    if (this.#deleted.has(threadId)) throw threadDeleted(threadId)
  }

  #going(tuples: readonly CheckpointTuple[], dropped: Pruning['dropped']): ReadonlySet<CheckpointTuple> {
    const labelled = new Set([...this.#labels.values()].map((label) => keyOf(label.threadId, label.checkpointId)))
    const isLabelled = (id: string) => labelled.has(keyOf(tuples[0]!.config.configurable!.thread_id, id))
    if (dropped === 'all') return new Set(tuples.some(({ checkpoint: { id } }) => isLabelled(id)) ? [] : tuples)
    const isNamed = (id: string) => dropped.has(id) && !isLabelled(id)
    const newest = new Map(tuples.toReversed().map((tuple) => [namespaceOf(tuple), tuple]))
    const goes = (tuple: CheckpointTuple) => {
      const namespace = namespaceOf(tuple)
      if (namespace === '') return isNamed(tuple.checkpoint.id)
      if (newest.get(namespace) === tuple && keepsState(namespace)) return false
      return isNamed(checkpointAbove(tuple.metadata))
    }
    const going = new Set(tuples.filter(goes))
    for (const tuple of neededBy(
      tuples.filter((tuple) => !going.has(tuple)),
      tuples
    ))
      going.delete(tuple)
    return going
  }

  #drop({ configurable = {} }: Config): void {
    const { thread_id, checkpoint_ns, checkpoint_id } = configurable
    const ofThread = this.storage[thread_id]!
    const ofNamespace = ofThread[checkpoint_ns]!
    delete ofNamespace[checkpoint_id]
    if (Object.keys(ofNamespace).length === 0) delete ofThread[checkpoint_ns]
    if (Object.keys(ofThread).length === 0) delete this.storage[thread_id]
    delete this.writes[JSON.stringify([thread_id, checkpoint_ns, checkpoint_id])]
  }
}

const namespaceOf = ({ config }: CheckpointTuple): string => config.configurable!.checkpoint_ns
const keyOf = (...names: readonly string[]) => JSON.stringify(names)

/** Those before them that they are read with. */
function* neededBy(staying: readonly CheckpointTuple[], all: readonly CheckpointTuple[]): Generator<CheckpointTuple> {
  const byKey = new Map(all.map((tuple) => [keyOf(namespaceOf(tuple), tuple.checkpoint.id), tuple]))
  const before = (tuple: CheckpointTuple) =>
    byKey.get(keyOf(namespaceOf(tuple), tuple.parentConfig?.configurable?.checkpoint_id))
  for (const tuple of staying) {
    let channels = deltasOf(tuple.metadata)
    for (let at = before(tuple); at && channels.length > 0; at = before(at)) {
      yield at
      const open = deltasOf(at.metadata)
      channels = channels.filter((channel) => open.includes(channel))
    }
  }
}
