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
  deleteThread(threadId: string): Promise<void>
}

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

/** Stale: the list is not as it was found, or its next numbers are others; nothing was written. */
export type Outcome =
  | { readonly kind: 'done'; readonly list: number }
  | { readonly kind: 'stale' }
  | { readonly kind: 'failed'; readonly error: unknown }

/** The first new number in a lane, which has to be the next one there. */
export function firstIn(lane: Lane, elements: readonly ElementRow[]): number | undefined {
  return elements.find((element) => element.lane === lane)?.seq
}
