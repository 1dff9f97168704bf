// Rows of what is put, made on a shelf. They can be made again on another one, of what was put at the time: the values may have
// been changed since by whoever put them, so they are taken from what is kept.
import { type ChannelVersions, type PendingWrite, WRITES_IDX_MAP } from '@langchain/langgraph-checkpoint'
import { keepCheckpoint, keepWrite, type Put, readWrite, told } from './bodies.ts'
import { type Codec, checkpointAt, writeAt } from './codec.ts'
import { idBytes } from './ids.ts'
import type { Draft } from './outbox.ts'
import type { Shelf } from './shelf.ts'
import type { NewWrite } from './tables.ts'

export interface Drafted {
  readonly draft: Draft
  readonly again: (shelf: Shelf) => Draft
}

export interface CheckpointToPut {
  readonly put: Put
  readonly parent: string | undefined
  /** Where it is said, other channels are kept only if the parent has them. */
  readonly versioned?: ChannelVersions | undefined
}

export function draftCheckpoint(shelf: Shelf, { put, parent, versioned }: CheckpointToPut, codec: Codec): Drafted {
  const { id } = put.checkpoint
  const before = parent === undefined ? undefined : shelf.checkpoint(parent)
  const isFirst = parent === undefined
  // Of a parent that could not be read nobody knows what it has.
  const hadIt = (channel: string) => !isFirst && (!before || before.channels.has(channel))
  const isKept = (channel: string) => !versioned || Object.hasOwn(versioned, channel) || hadIt(channel)
  const known = keepCheckpoint(shelf, put, { parent: before, isKept })
  const ids = { id: idBytes(id), parentId: parent === undefined ? null : idBytes(parent) }
  const body = codec.checkpoint(shelf, known.text, checkpointAt(ids.id, ids.parentId))
  shelf.know(id, known)
  const draft = { shelf, elements: shelf.takeFresh(), checkpoints: [{ ...ids, body }], writes: [], after: parent }
  const again = (other: Shelf) => {
    return draftCheckpoint(other, { put: told(known), parent }, codec).draft
  }
  return { draft, again }
}

export interface WritesToPut {
  readonly checkpointId: string
  readonly taskId: string
  readonly path: string
  readonly writes: readonly PendingWrite[]
}

export function draftWrites(shelf: Shelf, put: WritesToPut, codec: Codec): Drafted {
  const { writes, path } = put
  // As the official saver has it: special writes replace, unless they come with others.
  const replaces = writes.every(([channel]) => channel in WRITES_IDX_MAP)
  const texts = writes.map(([, value]) => keepWrite(shelf, { value, path }))
  const ids = { checkpointId: idBytes(put.checkpointId), taskId: idBytes(put.taskId) }
  const rows = new Map<number, NewWrite>()
  writes.forEach(([channel], index) => {
    const idx = WRITES_IDX_MAP[channel] ?? index
    const place = { ...ids, idx, channel }
    if (replaces || !rows.has(idx))
      rows.set(idx, { ...place, replaces, body: codec.write(shelf, texts[index]!, writeAt(place)) })
  })
  const after = put.checkpointId
  const draft = { shelf, elements: shelf.takeFresh(), checkpoints: [], writes: [...rows.values()], after }
  const again = (other: Shelf) => {
    const kept = writes.map(([channel], at): PendingWrite => [channel, readWrite(shelf, texts[at]!).value])
    return draftWrites(other, { ...put, writes: kept }, codec).draft
  }
  return { draft, again }
}
