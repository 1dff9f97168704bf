import type { RunnableConfig } from '@langchain/core/runnables'
import type { CheckpointPendingWrite, DeltaChannelHistory } from '@langchain/langgraph-checkpoint'
import { channelTree } from './bodies.ts'
import { copyOf } from './copy.ts'
import { fetchElements } from './fetch.ts'
import { idBytes, shownId } from './ids.ts'
import { readKept } from './read-kept.ts'
import { type OpenedRow, openRows, type Reading, textOf, writesOf } from './reading.ts'
import type { Shelf } from './shelf.ts'

interface Asked {
  readonly config: RunnableConfig
  readonly channels: readonly string[]
}

/** How many ancestors are read at a time. */
const PAGE = 100

/**
 * The writes of each channel on the way from the nearest ancestor that holds its value, or from the beginning, in the order in
 * which they were applied. The ancestors come in pages, each with its writes to these channels and nothing else.
 * @throws RuntimeError BAD_STORE where an ancestor is damaged
 */
export async function deltaHistory(asked: Asked, reading: Reading): Promise<Record<string, DeltaChannelHistory>> {
  const histories = new Map(asked.channels.map((channel) => [channel, new History()]))
  const isOpen = (channel: string) => histories.get(channel)?.seed === undefined
  for await (const ancestor of ancestorsOf(asked, reading)) {
    const { writes, seeds } = await partsOf(ancestor, { channels: asked.channels.filter(isOpen), reading })
    for (const write of writes.toReversed()) if (isOpen(write[1])) histories.get(write[1])?.newestFirst.push(write)
    for (const [channel, value] of seeds) histories.get(channel)!.seed = { value }
    if (!asked.channels.some(isOpen)) break
  }
  return Object.fromEntries(Array.from(histories, ([channel, history]) => [channel, history.told()]))
}

class History {
  readonly newestFirst: CheckpointPendingWrite[] = []
  seed: { readonly value: unknown } | undefined

  told(): DeltaChannelHistory {
    const writes = this.newestFirst.toReversed()
    return this.seed ? { writes, seed: this.seed.value } : { writes }
  }
}

async function* ancestorsOf({ config, channels }: Asked, reading: Reading): AsyncGenerator<OpenedRow> {
  const { thread_id: threadId, checkpoint_ns: namespace = '', checkpoint_id } = config.configurable ?? {}
  const name = { threadId, namespace }
  const start = await reading.tables.checkpoint(name, checkpoint_id ? idBytes(checkpoint_id) : undefined)
  if (!start) return
  const shelf = await reading.shelves.of(name, start)
  for (let id = start.parentId; id instanceof Uint8Array; ) {
    const rows = await reading.tables.ancestors({ list: start.list, id: Buffer.from(id), channels, limit: PAGE })
    yield* await openRows(shelf, rows, reading)
    id = rows.length < PAGE ? null : rows.at(-1)!.parentId
  }
}

interface Wanted {
  readonly channels: readonly string[]
  readonly reading: Reading
}

type Ancestor = { readonly writes: CheckpointPendingWrite[]; readonly seeds: [string, unknown][] }

async function partsOf(opened: OpenedRow, { channels, reading }: Wanted): Promise<Ancestor> {
  const { row, shelf } = opened
  const named = { thread_id: row.threadId, checkpoint_ns: row.namespace, checkpoint_id: shownId(row.id) }
  const trees = typeof opened.text === 'string' ? treesIn(opened.text, channels) : []
  await fetchElements(shelf, [...opened.writes, ...trees.map(([, tree]) => JSON.stringify(tree))], reading)
  const parse = () => ({ writes: writesOf(opened), seeds: seedsOf(shelf, treesIn(textOf(opened.text), channels)) })
  return reading.read.one({ ...KIND, parse }, named)!
}

const KIND = {
  table: 'deputy_checkpoints',
  key: ['thread_id', 'checkpoint_ns', 'checkpoint_id'],
  refusal:
    'a checkpoint before this one was changed, damaged or written with another key, go on from another one or mend it'
}

function treesIn(text: string, channels: readonly string[]): [string, unknown][] {
  return channels.flatMap((channel) => {
    const found = channelTree(text, channel)
    return found ? [[channel, found.tree] as [string, unknown]] : []
  })
}

function seedsOf(shelf: Shelf, trees: readonly (readonly [string, unknown])[]): [string, unknown][] {
  return trees.map(([channel, tree]) => [channel, copyOf(readKept(shelf, tree))])
}
