import {
  type CheckpointPendingWrite,
  type CheckpointTuple,
  compareWritesSortKeys,
  TASKS,
  writesSortKey
} from '@langchain/langgraph-checkpoint'
import { named, tupleOf } from '../checkpoint-tuples.ts'
import type { RowKind, RowReader } from '../row-reader.ts'
import { readCheckpoint, readWrite, told } from './bodies.ts'
import { checkpointAt, writeAt } from './codec.ts'
import { copyOf } from './copy.ts'
import { fetchElements, fetchTexts, type SealedRow, type Sources, type Text } from './fetch.ts'
import { idText, shownId } from './ids.ts'
import type { Kept } from './kept.ts'
import type { KnownCheckpoint, Shelf } from './shelf.ts'
import type { Shelves } from './shelves.ts'
import type { CheckpointRow, WriteRow } from './tables.ts'

export interface Reading extends Sources {
  readonly shelves: Shelves
  readonly read: RowReader
}

type Copy = (kept: Kept) => unknown

/** A row whose texts have been read, as far as that went. */
export interface OpenedRow {
  readonly row: CheckpointRow
  readonly shelf: Shelf
  readonly text: Text
  readonly writes: readonly Text[]
}

/** Rows of one list, with their texts; what these refer to is not fetched yet. */
export async function openRows(shelf: Shelf, rows: readonly CheckpointRow[], sources: Sources): Promise<OpenedRow[]> {
  const texts = await fetchTexts(shelf, rows.flatMap(sealedRows), sources)
  return rows.map((row) => {
    const [text, ...writes] = texts.splice(0, 1 + row.writes.length)
    return { row, shelf, text: text!, writes }
  })
}

function sealedRows({ id, parentId, body, writes }: CheckpointRow): SealedRow[] {
  const checkpointId = bytes(id)
  const ofWrite = ({ taskId, idx, channel, body: sealed }: WriteRow) => ({
    sealed,
    at: writeAt({ checkpointId, taskId: bytes(taskId), idx, channel })
  })
  return [
    { sealed: body, at: checkpointAt(checkpointId, parentId === null ? null : bytes(parentId)) },
    ...writes.map(ofWrite)
  ]
}

/** What is no bytes is at no place: its seal will not fit. */
export function bytes(id: unknown): Buffer {
  return id instanceof Uint8Array
    ? Buffer.from(id.buffer, id.byteOffset, id.byteLength)
    : Buffer.from(`no bytes: ${id}`)
}

/** @throws RuntimeError BAD_STORE where it is damaged, or something that it needs */
export async function readTuple(row: CheckpointRow, reading: Reading): Promise<CheckpointTuple | undefined> {
  const shelf = await reading.shelves.of({ threadId: row.threadId, namespace: row.namespace }, row)
  const [opened] = await openRows(shelf, [row], reading)
  const ready = await complete(opened!, reading)
  return reading.read.one(tupleKind(copyOf, { isRemembered: true }), ready)
}

/** A row with all that it needs on the shelf. */
export interface CompleteRow extends OpenedRow {
  readonly thread_id: string
  readonly checkpoint_ns: string
  readonly checkpoint_id: unknown
  /** What the step before has sent, for a checkpoint of a LangGraph that did not keep it itself. */
  readonly sends: readonly unknown[]
}

export async function complete(opened: OpenedRow, reading: Reading): Promise<CompleteRow> {
  await fetchElements(opened.shelf, [opened.text, ...opened.writes], reading)
  const { threadId, namespace, id } = opened.row
  const name = { thread_id: threadId, checkpoint_ns: namespace, checkpoint_id: shownId(id) }
  return { ...opened, ...name, sends: await sendsBefore(opened, reading) }
}

/** A checkpoint that left with the one before it what that had sent. */
export const OLD = /^\{"v":[0-3],/

async function sendsBefore({ row, shelf, text }: OpenedRow, reading: Reading): Promise<unknown[]> {
  if (typeof text !== 'string' || !OLD.test(text) || row.parentId === null) return []
  const parent = await reading.tables.checkpoint(shelf.name, bytes(row.parentId))
  const [opened] = parent ? await openRows(shelf, [parent], reading) : []
  if (!opened) return []
  await fetchElements(shelf, opened.writes, reading)
  return writesOf(opened).flatMap(([, channel, value]) => (channel === TASKS ? [value] : []))
}

interface Remembering {
  /** Whether the next checkpoint is likely to be put after it. */
  readonly isRemembered: boolean
}

/** How the checkpoints of a database are read. */
export function tupleKind(copy: Copy, { isRemembered }: Remembering): RowKind<CheckpointTuple> {
  return {
    table: 'deputy_checkpoints',
    key: ['thread_id', 'checkpoint_ns', 'checkpoint_id'],
    refusal: 'a checkpoint was changed, damaged or written with another key, go on from another one or mend it',
    parse: (row) => parseTuple(row as CompleteRow, { copy, isRemembered })
  }
}

function parseTuple(complete: CompleteRow, { copy, isRemembered }: Remembering & { copy: Copy }): CheckpointTuple {
  const { row, shelf, thread_id, checkpoint_ns, sends } = complete
  const known = knownOf(shelf, { id: idText(row.id), text: textOf(complete.text) })
  if (isRemembered) shelf.know(idText(row.id), known)
  const place = {
    thread_id,
    checkpoint_ns,
    checkpoint_id: idText(row.id),
    parent_checkpoint_id: row.parentId === null ? null : idText(row.parentId)
  }
  return tupleOf(place, {
    ...told(known, copy),
    pendingWrites: writesOf(complete),
    sends: () => [...sends]
  })
}

/** What is known of a checkpoint stays true while its row says the same. */
function knownOf(shelf: Shelf, { id, text }: { id: string; text: string }): KnownCheckpoint {
  const known = shelf.checkpoint(id)
  return known?.text === text ? known : readCheckpoint(shelf, text)
}

/** In the order in which the run that wrote them applied them. */
export function writesOf(opened: OpenedRow): CheckpointPendingWrite[] {
  return placedWrites(opened).map(({ write }) => write)
}

/** The same, with where their tasks stood among those of the step. */
export function placedWrites({ row, shelf, writes }: OpenedRow): { path: string; write: CheckpointPendingWrite }[] {
  const found = row.writes.map(({ taskId, idx, channel }, at) => {
    const task = idText(taskId)
    const { path, value } = named(`deputy_writes "${task}" ${idx}`, () => readWrite(shelf, textOf(writes[at]!)))
    return { key: writesSortKey(path, task, idx), path, write: [task, channel, value] as CheckpointPendingWrite }
  })
  return found.sort((a, b) => compareWritesSortKeys(a.key, b.key))
}

export function textOf(text: Text): string {
  if (text instanceof Error) throw text
  return text
}
