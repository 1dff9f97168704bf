import type { RunnableConfig } from '@langchain/core/runnables'
import {
  type Checkpoint,
  type CheckpointListOptions,
  type CheckpointMetadata,
  type CheckpointTuple,
  copyCheckpoint,
  type PendingWrite,
  TASKS,
  WRITES_IDX_MAP
} from '@langchain/langgraph-checkpoint'
import { SqliteSaver } from '@langchain/langgraph-checkpoint-sqlite'
import type { Database } from 'better-sqlite3'
import {
  type CheckpointKey,
  type CheckpointRow,
  checkpointKind,
  listTuples,
  named,
  type PageOfRows,
  tupleOf
} from '../checkpoint-tuples.ts'
import { leaseLost } from '../lease-lost.ts'
import type { RowKind, RowReader } from '../row-reader.ts'
import type { Place } from '../seal.ts'
import { DUMPED, type Serializer } from '../serializer.ts'
import { isFenced } from './fence.ts'

const PUT = `
  insert or replace into checkpoints
    (thread_id, checkpoint_ns, checkpoint_id, parent_checkpoint_id, type, checkpoint, metadata)
  values (@thread_id, @checkpoint_ns, @checkpoint_id, @parent_checkpoint_id, @type, @checkpoint, @metadata)
`
const putWrite = (otherwise: 'replace' | 'ignore') => `
  insert or ${otherwise} into writes (thread_id, checkpoint_ns, checkpoint_id, task_id, idx, channel, type, value)
  values (@thread_id, @checkpoint_ns, @checkpoint_id, @task_id, @idx, @channel, @type, @value)
`
const SELECT = `
  select thread_id, checkpoint_ns, checkpoint_id, parent_checkpoint_id, type, checkpoint, metadata from checkpoints
`
const ONE = `${SELECT} where thread_id = @thread_id and checkpoint_ns = @checkpoint_ns and checkpoint_id = @checkpoint_id`
const LAST = `
  ${SELECT} where thread_id = @thread_id and checkpoint_ns = @checkpoint_ns order by checkpoint_id desc limit 1
`
const NEWEST_FIRST = 'order by checkpoint_id desc, thread_id desc, checkpoint_ns desc limit @limit'
const WRITES = `
  select thread_id, checkpoint_ns, checkpoint_id, task_id, idx, channel, type, value from writes
  where thread_id = @thread_id and checkpoint_ns = @checkpoint_ns and checkpoint_id = @checkpoint_id
  order by task_id, idx
`

type StoredCheckpoint = CheckpointRow & { type: string | null; checkpoint: unknown; metadata: unknown }
type StoredWrite = CheckpointKey & {
  task_id: string
  idx: number
  channel: string
  type: string | null
  value: unknown
}
type Config = RunnableConfig

const placeOf = (row: CheckpointRow, column: 'checkpoint' | 'metadata'): Place => [
  'checkpoints',
  row.thread_id,
  row.checkpoint_ns,
  row.checkpoint_id,
  row.parent_checkpoint_id,
  column
]
const placeOfWrite = (row: Omit<StoredWrite, 'type' | 'value'>): Place => [
  'writes',
  row.thread_id,
  row.checkpoint_ns,
  row.checkpoint_id,
  row.task_id,
  row.idx,
  row.channel
]

/**
 * The tables of the official saver, with rows that are sealed and read one by one: what is wrong with one is named. What the
 * fence refuses is LEASE_LOST. The tables are made when it is made, not at its first use, while errors still have a reader.
 */
export class SealedSqliteSaver extends SqliteSaver {
  readonly #serde: Serializer
  readonly #read: RowReader
  readonly #kind: RowKind<CheckpointTuple>
  readonly #statements: ReturnType<typeof prepared>

  constructor(db: Database, { serde, read }: { serde: Serializer; read: RowReader }) {
    super(db, serde)
    this.setup()
    this.#serde = serde
    this.#read = read
    this.#statements = prepared(db)
    this.#kind = checkpointKind((row) => this.#tuple(row as StoredCheckpoint))
  }

  override async getTuple({ configurable = {} }: Config): Promise<CheckpointTuple | undefined> {
    const { thread_id, checkpoint_ns = '', checkpoint_id } = configurable
    const { one, last } = this.#statements
    const key = { thread_id: thread_id ?? null, checkpoint_ns, checkpoint_id }
    return this.#read.one(this.#kind, (checkpoint_id ? one : last).get(key))
  }

  override list({ configurable = {} }: Config, options: CheckpointListOptions = {}): AsyncGenerator<CheckpointTuple> {
    const { thread_id, checkpoint_ns, checkpoint_id } = configurable
    const before = options.before?.configurable?.checkpoint_id
    const asked = { thread_id, checkpoint_ns: checkpoint_ns ?? undefined, checkpoint_id, before }
    const select = (page: PageOfRows<StoredCheckpoint>) => this.#page(asked, page)
    return listTuples({ ...options, kind: this.#kind, read: this.#read, select })
  }

  #page(asked: Asked, { after, limit }: PageOfRows<StoredCheckpoint>): StoredCheckpoint[] {
    const conditions = [
      asked.thread_id && 'thread_id = @thread_id',
      asked.checkpoint_ns !== undefined && 'checkpoint_ns = @checkpoint_ns',
      asked.checkpoint_id && 'checkpoint_id = @checkpoint_id',
      asked.before && 'checkpoint_id < @before',
      after && '(checkpoint_id, thread_id, checkpoint_ns) < (@afterId, @afterThread, @afterNs)'
    ].filter(Boolean)
    const where = conditions.length > 0 ? `where ${conditions.join(' and ')}` : ''
    const place = { afterId: after?.checkpoint_id, afterThread: after?.thread_id, afterNs: after?.checkpoint_ns }
    const rows = this.db.prepare<[object], StoredCheckpoint>(`${SELECT} ${where} ${NEWEST_FIRST}`)
    return rows.all({ ...asked, ...place, limit })
  }

  #tuple(row: StoredCheckpoint): CheckpointTuple {
    const { type, checkpoint, metadata, thread_id, checkpoint_ns, parent_checkpoint_id } = row
    return tupleOf(row, {
      checkpoint: this.#serde.load({ type, data: checkpoint }, placeOf(row, 'checkpoint')),
      metadata: named('metadata', () => this.#serde.load({ type, data: metadata }, placeOf(row, 'metadata'))),
      pendingWrites: this.#writesOf(row).map((write) => [write.task_id, write.channel, this.#valueOf(write)]),
      sends: () =>
        this.#writesOf({ thread_id, checkpoint_ns, checkpoint_id: parent_checkpoint_id ?? '' })
          .filter(({ channel }) => channel === TASKS)
          .map((write) => this.#valueOf(write))
    })
  }

  #writesOf({ thread_id, checkpoint_ns, checkpoint_id }: CheckpointKey): StoredWrite[] {
    return this.#statements.writes.all({ thread_id, checkpoint_ns, checkpoint_id })
  }

  #valueOf(write: StoredWrite): unknown {
    return named(`writes "${write.task_id}" ${write.idx}`, () =>
      this.#serde.load({ type: write.type, data: write.value }, placeOfWrite(write))
    )
  }

  override async put(config: Config, checkpoint: Checkpoint, metadata: CheckpointMetadata): Promise<Config> {
    const { thread_id, checkpoint_ns = '', checkpoint_id: parent } = config.configurable ?? {}
    if (!thread_id) throw new TypeError('a checkpoint is put on a thread: configurable.thread_id is missing')
    const row = { thread_id, checkpoint_ns, checkpoint_id: checkpoint.id, parent_checkpoint_id: parent ?? null }
    const columns = {
      type: DUMPED,
      checkpoint: this.#serde.dump(copyCheckpoint(checkpoint), placeOf(row, 'checkpoint')),
      metadata: this.#serde.dump(metadata, placeOf(row, 'metadata'))
    }
    fenced(thread_id, () => this.#statements.put.run({ ...row, ...columns }))
    return { configurable: { thread_id, checkpoint_ns, checkpoint_id: checkpoint.id } }
  }

  override async putWrites({ configurable = {} }: Config, writes: PendingWrite[], taskId: string): Promise<void> {
    const { thread_id, checkpoint_ns = '', checkpoint_id } = configurable
    if (!thread_id || !checkpoint_id)
      throw new TypeError('writes belong to a checkpoint: its thread or its id is missing')
    const rows = writes.map(([channel, value], index) => {
      const idx = WRITES_IDX_MAP[channel] ?? index
      const row = { thread_id, checkpoint_ns, checkpoint_id, task_id: taskId, idx, channel }
      return { ...row, type: DUMPED, value: this.#serde.dump(value, placeOfWrite(row)) }
    })
    const allSpecial = writes.every(([channel]) => channel in WRITES_IDX_MAP)
    const { replaceWrite, ignoreWrite } = this.#statements
    const statement = allSpecial ? replaceWrite : ignoreWrite
    const putAll = this.db.transaction(() => rows.map((row) => statement.run(row)))
    fenced(thread_id, putAll)
  }
}

const prepared = (db: Database) => ({
  put: db.prepare(PUT),
  replaceWrite: db.prepare(putWrite('replace')),
  ignoreWrite: db.prepare(putWrite('ignore')),
  one: db.prepare(ONE),
  last: db.prepare(LAST),
  writes: db.prepare<[object], StoredWrite>(WRITES)
})

interface Asked {
  readonly thread_id: unknown
  readonly checkpoint_ns: unknown
  readonly checkpoint_id: unknown
  readonly before: unknown
}

/** @throws RuntimeError LEASE_LOST for what the fence refuses */
function fenced(threadId: string, write: () => unknown): void {
  try {
    write()
  } catch (thrown) {
    throw isFenced(thrown) ? leaseLost(threadId, thrown) : thrown
  }
}
