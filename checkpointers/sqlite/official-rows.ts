import { type CheckpointTuple, TASKS } from '@langchain/langgraph-checkpoint'
import type { Database } from 'better-sqlite3'
import { type CheckpointKey, type CheckpointRow, checkpointKind, named, tupleOf } from '../checkpoint-tuples.ts'
import type { RowReader } from '../row-reader.ts'
import type { Place } from '../seal.ts'
import type { Serializer } from '../serializer.ts'
import type { ListName } from '../sharing/shelf.ts'

const ONE = `
  select thread_id, checkpoint_ns, checkpoint_id, parent_checkpoint_id, type, checkpoint, metadata from checkpoints
  where thread_id = @threadId and checkpoint_ns = @namespace and checkpoint_id = @id
`
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
 * Reads checkpoints from the tables of the official saver, which Deputy used once as well: sealed, or as the official saver wrote
 * them. A damaged one is BAD_STORE, and named.
 */
export function officialRows(db: Database, { serde, read }: { serde: Serializer; read: RowReader }) {
  const one = db.prepare<[object], StoredCheckpoint>(ONE)
  const writes = db.prepare<[object], StoredWrite>(WRITES)

  const writesOf = ({ thread_id, checkpoint_ns, checkpoint_id }: CheckpointKey) =>
    writes.all({ thread_id, checkpoint_ns, checkpoint_id })

  const loaded = (write: StoredWrite) =>
    named(`writes "${write.task_id}" ${write.idx}`, () =>
      serde.load({ type: write.type, data: write.value }, placeOfWrite(write))
    )

  const kind = checkpointKind((found) => {
    const row = found as StoredCheckpoint
    const { type, checkpoint, metadata, parent_checkpoint_id } = row
    return tupleOf(row, {
      checkpoint: serde.load({ type, data: checkpoint }, placeOf(row, 'checkpoint')),
      metadata: named('metadata', () => serde.load({ type, data: metadata }, placeOf(row, 'metadata'))),
      pendingWrites: writesOf(row).map((write) => [write.task_id, write.channel, loaded(write)]),
      sends: () =>
        writesOf({ ...row, checkpoint_id: parent_checkpoint_id ?? '' })
          .filter(({ channel }) => channel === TASKS)
          .map(loaded)
    })
  })

  return {
    tuple: (at: ListName & { id: string }): CheckpointTuple | undefined => read.one(kind, one.get({ ...at }))
  }
}
