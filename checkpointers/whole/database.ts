import type { SharingSaver } from '../sharing/saver.ts'
import type { CheckpointTables } from '../sharing/tables.ts'

/** A row as it lies in its table: columns by their names, numbers as numbers. */
export type Row = Readonly<Record<string, unknown>>

/** A database that stands still while it is looked at. */
export interface Looking {
  readonly tables: CheckpointTables
  /** SQL that either database understands. */
  query<Found extends object>(sql: string): Promise<Found[]>
  /** All rows of a table, some at a time, in the order in which they came. */
  rows(table: string): AsyncIterable<readonly Row[]>
  /** Our tables. */
  names(): Promise<string[]>
}

/** One that nobody else writes to meanwhile. */
export interface Writing extends Looking {
  /** Puts rows behind those that are there: columns that the database numbers by itself get numbers of their own. */
  insert(table: string, rows: readonly Row[]): Promise<void>
  /** One that knows nothing of what another one wrote but what is in the database. */
  newSaver(): SharingSaver
}

export interface Bytes {
  readonly onDisk: number
  /** With its indexes. */
  readonly tables: readonly { readonly table: string; readonly bytes: number }[]
}

/** The database of a store, for what is done to the store as a whole. What is done at once is done in one transaction. */
export interface Database {
  look<T>(work: (on: Looking) => Promise<T>): Promise<T>
  write<T>(work: (on: Writing) => Promise<T>): Promise<T>
  bytes(): Promise<Bytes>
}

/** How many rows are held at a time. */
export const SOME_ROWS = 500

/** Of the tables of the official savers: what is in them was not taken over. */
export const OFFICIAL_TABLES = [
  'checkpoints',
  'writes',
  'checkpoint_blobs',
  'checkpoint_writes',
  'checkpoint_migrations'
] as const
