// How a checkpoint lies in the official tables, sealed: its own data and its metadata as the text of one member of a jsonb,
// since jsonb keeps neither the bytes nor a NUL nor half of a surrogate pair; each channel's value in a row that the
// checkpoints of its version share. Beside the sealed text stands in clear what the query needs, and is not believed.
import type { ChannelVersions, CheckpointPendingWrite, CheckpointTuple } from '@langchain/langgraph-checkpoint'
import { z } from 'zod'
import { type CheckpointKey, type CheckpointRow, named, tupleOf } from '../checkpoint-tuples.ts'
import type { Place } from '../seal.ts'
import { DUMPED, type Serializer } from '../serializer.ts'

type Cells = readonly (Buffer | null)[]

export type StoredCheckpoint = CheckpointRow & {
  readonly checkpoint: unknown
  readonly metadata: unknown
  /** channel, version, type, blob */
  readonly blobs: readonly Cells[] | null
  /** task, index, channel, type, blob */
  readonly writes: readonly Cells[] | null
  readonly sends: readonly Cells[] | null
}

const SEALED = 'deputy'
const SealedColumn = z.object({ [SEALED]: z.string() }).transform((column) => column[SEALED])
/** What the official saver writes for a channel that has no value. */
const EMPTY = 'empty'

type Column = 'checkpoint' | 'metadata'
type Serde = { readonly serde: Serializer }

const placeOf = (row: CheckpointRow, column: Column): Place => [
  'checkpoints',
  row.thread_id,
  row.checkpoint_ns,
  row.checkpoint_id,
  row.parent_checkpoint_id,
  column
]
const placeOfBlob = (row: CheckpointKey, { channel, version }: { channel: string; version: string }): Place => [
  'checkpoint_blobs',
  row.thread_id,
  row.checkpoint_ns,
  channel,
  version
]
const placeOfWrite = (
  row: CheckpointKey,
  { task, idx, channel }: { task: string; idx: number; channel: string }
): Place => ['checkpoint_writes', row.thread_id, row.checkpoint_ns, row.checkpoint_id, task, idx, channel]

/** @throws Error where a part of it is damaged, naming the part */
export function tupleFrom(row: StoredCheckpoint, serde: Serializer): CheckpointTuple {
  const { channels, ...checkpoint } = OwnPart.parse(columnOf(row, { column: 'checkpoint', serde }))
  const blobs = (row.blobs ?? []).map(blobOf).filter(({ type }) => type !== EMPTY)
  expectBlobs(blobs, { versions: checkpoint.channel_versions, channels })
  const values = blobs.map((blob) => [blob.channel, valueIn(row, { blob, serde })] as const)
  return tupleOf(row, {
    checkpoint: { ...checkpoint, channel_values: Object.fromEntries(values) },
    metadata: named('metadata', () => columnOf(row, { column: 'metadata', serde })),
    pendingWrites: (row.writes ?? []).map((cells) => writeOf(row, { cells, serde })),
    sends: () => {
      const parent = { ...row, checkpoint_id: row.parent_checkpoint_id ?? '' }
      return (row.sends ?? []).map((cells) => writeOf(parent, { cells, serde })[2])
    }
  })
}

/** A checkpoint without the values of its channels; we write beside it which of them have one. */
const OwnPart = z.looseObject({
  channel_versions: z.record(z.string(), z.union([z.string(), z.number()])).default({}),
  versions_seen: z.looseObject({}).default({}),
  channels: z.array(z.string()).default([])
})

function columnOf(row: StoredCheckpoint, { column, serde }: Serde & { column: Column }): unknown {
  const sealed = SealedColumn.safeParse(row[column])
  const dumped = sealed.success
    ? { type: DUMPED, data: sealed.data }
    : { type: 'json', data: JSON.stringify(row[column]) }
  return serde.load(dumped, placeOf(row, column))
}

interface Blob {
  readonly channel: string
  readonly version: string
  readonly type: string
  readonly data: Buffer | null
}

function blobOf([channel, version, type, data = null]: Cells): Blob {
  return { channel: String(channel), version: String(version), type: String(type), data }
}

/** The rows were found by the versions that stand in clear: they are to be those of the sealed ones, and all of them. */
function expectBlobs(
  blobs: readonly Blob[],
  { versions, channels }: { versions: ChannelVersions; channels: readonly string[] }
): void {
  const found = new Set(blobs.map(({ channel, version }) => JSON.stringify([channel, version])))
  const wanted = channels.filter((channel) => Object.hasOwn(versions, channel))
  const gone = wanted.find((channel) => !found.has(JSON.stringify([channel, String(versions[channel])])))
  if (gone !== undefined) throw new Error(`checkpoint_blobs "${gone}" "${versions[gone]}": it is gone`)
  const stray = blobs.find(({ channel, version }) => String(versions[channel]) !== version)
  if (stray) throw new Error(`checkpoint_blobs "${stray.channel}" "${stray.version}": it is of another version`)
}

function valueIn(row: StoredCheckpoint, { blob, serde }: Serde & { blob: Blob }): unknown {
  const { channel, version } = blob
  return named(`checkpoint_blobs "${channel}" "${version}"`, () => serde.load(blob, placeOfBlob(row, blob)))
}

function writeOf(row: CheckpointKey, { cells, serde }: Serde & { cells: Cells }): CheckpointPendingWrite {
  const [task, index, channel] = cells.map(String) as [string, string, string]
  const [type, data] = [cells[3], cells[4]]
  const load = () =>
    serde.load({ type: type ? String(type) : null, data }, placeOfWrite(row, { task, idx: Number(index), channel }))
  return [task, channel, named(`checkpoint_writes "${task}" ${index}`, load)]
}
