// What the rows of checkpoints and writes say, as JSON. The values of channels refer to elements of the list.
import type { Checkpoint, CheckpointMetadata } from '@langchain/langgraph-checkpoint'
import { decode, encode } from '../encoding.ts'
import { copyOf, record } from './copy.ts'
import { jsonOf, keep } from './keep.ts'
import type { Kept } from './kept.ts'
import { readKept } from './read-kept.ts'
import type { KnownCheckpoint, Shelf } from './shelf.ts'

interface Body {
  readonly v: number
  readonly id: string
  readonly ts: string
  readonly versions: unknown
  readonly seen: unknown
  readonly values: readonly (readonly [channel: string, tree: unknown])[]
  readonly metadata: unknown
}

/** By hand: this is the first thing that a new process reads, and a schema would have to be set up for it. */
function bodyOf(text: string): Body {
  const { v, id, ts, values, ...others } = JSON.parse(text) as Partial<Body>
  const isEntry = (entry: unknown) => Array.isArray(entry) && entry.length === 2 && typeof entry[0] === 'string'
  const isWhole = typeof v === 'number' && typeof id === 'string' && typeof ts === 'string'
  if (!isWhole || !Array.isArray(values) || !values.every(isEntry)) throw new Error('it says no checkpoint')
  return { v, id, ts, values, versions: others.versions, seen: others.seen, metadata: others.metadata }
}

/** A checkpoint as it is put. */
export interface Put {
  readonly checkpoint: Checkpoint
  readonly metadata: CheckpointMetadata
}

/** Stores of a checkpoint what its parent does not have. */
export function keepCheckpoint(
  shelf: Shelf,
  { checkpoint, metadata }: Put,
  { parent, isKept }: { parent: KnownCheckpoint | undefined; isKept: (channel: string) => boolean }
): KnownCheckpoint {
  const { v, id, ts, channel_values: values, channel_versions, versions_seen } = checkpoint
  const channels = new Map<string, Kept>()
  const versions = encode(channel_versions) as Record<string, unknown>
  // An input is put before any node has seen what was read for it: of the same version means the same.
  const isUntouched = (name: string) =>
    metadata.source === 'input' && versions[name] !== undefined && versions[name] === parent?.versions[name]
  for (const name of Object.keys(values)) {
    const value = (values as Record<string, unknown>)[name]
    if (typeof value === 'function' || typeof value === 'symbol' || !isKept(name)) continue
    const before = parent?.channels.get(name)
    channels.set(name, before && isUntouched(name) ? before : keep(shelf, value, before))
  }
  const body: Body = {
    v,
    id,
    ts,
    versions,
    seen: encode(versions_seen),
    values: Array.from(channels, ([name, { tree }]) => [name, tree]),
    metadata: encode(metadata)
  }
  return { text: JSON.stringify(body), channels, versions }
}

/** @throws Error where an element that it needs is damaged or gone */
export function readCheckpoint(shelf: Shelf, text: string): KnownCheckpoint {
  const { values, versions } = bodyOf(text)
  return {
    text,
    versions: versions as Record<string, unknown>,
    channels: new Map(values.map(([name, tree]) => [name, readKept(shelf, tree)]))
  }
}

/** What stands in a checkpoint for the value of a channel. */
export function channelTree(text: string, channel: string): { readonly tree: unknown } | undefined {
  const found = bodyOf(text).values.find(([name]) => name === channel)
  return found && { tree: found[1] }
}

/** Copies for somebody who may change them; `copy` makes those of the values. */
export function told({ text, channels }: KnownCheckpoint, copy = copyOf): Put {
  const { v, id, ts, versions, seen, metadata } = bodyOf(text)
  const checkpoint = {
    v,
    id,
    ts,
    channel_values: record([...channels.keys()], Array.from(channels.values(), copy)) as Checkpoint['channel_values'],
    channel_versions: decode(versions) as Checkpoint['channel_versions'],
    versions_seen: decode(seen) as Checkpoint['versions_seen']
  }
  return { checkpoint, metadata: decode(metadata) as CheckpointMetadata }
}

export function metadataOf(text: string): CheckpointMetadata {
  return decode(bodyOf(text).metadata) as CheckpointMetadata
}

/** What a write's row says: where its task stands among those of the step, and the value. */
export function keepWrite(shelf: Shelf, { value, path }: { value: unknown; path: string }): string {
  return `[${JSON.stringify(path)},${keptJson(shelf, jsonOf(shelf, value))}]`
}

function keptJson(shelf: Shelf, json: string): string {
  return json.length > LARGE ? JSON.stringify({ $deputy: 'at', of: shelf.part('json', json) }) : json
}

const LARGE = 1024

export function readWrite(shelf: Shelf, text: string): { path: string; value: unknown } {
  const [path, tree] = JSON.parse(text) as readonly unknown[]
  if (typeof path !== 'string') throw new Error('it says no write')
  return { path, value: copyOf(readKept(shelf, tree)) }
}
