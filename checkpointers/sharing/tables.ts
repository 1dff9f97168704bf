import type { Pruned } from '../prunable.ts'
import type { Lane } from './lanes.ts'
import type { ListName, ListState } from './shelf.ts'

/** The tables of one database, as bytes and numbers: what they mean is not its business. */
export interface CheckpointTables {
  find(name: ListName): Promise<ListState | undefined>
  /** A checkpoint and its writes; without an id the newest. */
  checkpoint(name: ListName, id?: Buffer): Promise<CheckpointRow | undefined>
  /** Newest first. */
  page(asked: Asked): Promise<CheckpointRow[]>
  /** A checkpoint and those before it, each with its writes to some channels: up to so many, nearest first. */
  ancestors(of: {
    readonly list: number
    readonly id: Buffer
    readonly channels: readonly string[]
    readonly limit: number
  }): Promise<CheckpointRow[]>
  elements(list: number, spans: readonly Span[]): Promise<ElementRow[]>
  /** All of each change or nothing of it, and all in one transaction unless one of them fails. */
  commit(changes: readonly Change[]): Promise<Outcome[]>
  /** All of a thread, for good: it can only be begun anew. */
  deleteThread(threadId: string): Promise<void>
  /** The namespaces in which a thread has checkpoints. */
  namespaces(threadId: string): Promise<string[]>
  /**
   * Takes the steps of `pruning.ts` in one transaction, in which nobody else writes on the list, and raises its epoch where elements
   * go. A list without checkpoints goes too. With `dryRun` nothing is done, and it is told what would be.
   */
  prune(name: ListName, steps: (stored: StoredList) => PruneSteps, how: { readonly dryRun: boolean }): Promise<Pruned>
}

/** All of a list but its elements and writes. */
export interface StoredList {
  readonly name: ListName
  readonly found: ListState
  /** Newest first. */
  readonly checkpoints: readonly Pick<CheckpointRow, 'id' | 'parentId' | 'body'>[]
  /** The ids of the checkpoints of its thread that have a label. */
  readonly labelled: readonly string[]
}

export interface StoredWrite extends WriteRow {
  readonly checkpointId: unknown
}

/** Is answered with elements; or, once these checkpoints have gone with their writes, with all writes that are left. */
export type PruneQuestion =
  | { readonly kind: 'elements'; readonly spans: readonly Span[] }
  | { readonly kind: 'drop'; readonly ids: readonly Buffer[] }

export interface PruneAnswer {
  readonly elements: readonly ElementRow[]
  readonly writes: readonly StoredWrite[]
}

/** Ends with the elements that go. */
export type PruneSteps = Generator<PruneQuestion, readonly Span[], PruneAnswer>

export interface Span {
  readonly lane: Lane
  readonly from: number
  readonly count: number
}

export interface ElementRow {
  readonly lane: Lane
  readonly seq: number
  readonly body: unknown
}

export interface CheckpointRow {
  readonly threadId: string
  readonly namespace: string
  readonly list: number
  readonly epoch: number
  readonly id: unknown
  readonly parentId: unknown
  readonly body: unknown
  readonly writes: readonly WriteRow[]
}

export interface WriteRow {
  readonly taskId: unknown
  readonly idx: number
  readonly channel: string
  readonly body: unknown
}

/** What narrows a list of checkpoints down, and where its page begins. */
export interface Asked {
  readonly threadId: string | undefined
  readonly namespace: string | undefined
  readonly id: Buffer | undefined
  readonly before: Buffer | undefined
  readonly after: CheckpointRow | undefined
  readonly limit: number
}

/** What is to be written on one list. */
export interface Change {
  readonly name: ListName
  /** As the list was found; undefined where there was none. */
  readonly found: ListState | undefined
  /** In the order of their numbers. */
  readonly elements: readonly ElementRow[]
  readonly checkpoints: readonly NewCheckpoint[]
  readonly writes: readonly NewWrite[]
  /** Whether it begins a thread, so that it may be one that was deleted. */
  readonly begins: boolean
}

export interface NewCheckpoint {
  readonly id: Buffer
  readonly parentId: Buffer | null
  readonly body: Buffer
}

export interface NewWrite {
  readonly checkpointId: Buffer
  readonly taskId: Buffer
  readonly idx: number
  readonly channel: string
  readonly body: Buffer
  /** Whether it takes the place of one that is there; otherwise that one stays. */
  readonly replaces: boolean
}

/**
 * Nothing was written where it is stale: the list is not as it was found, or its next numbers are others; nor where it is
 * deleted: there is no list, since its thread was deleted.
 */
export type Outcome =
  | { readonly kind: 'done'; readonly list: number }
  | { readonly kind: 'stale' }
  | { readonly kind: 'deleted' }
  | { readonly kind: 'failed'; readonly error: unknown }
