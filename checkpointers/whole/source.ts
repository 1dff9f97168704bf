import type { CheckpointTuple } from '@langchain/langgraph-checkpoint'
import type { RowReader } from '../row-reader.ts'
import type { ListName } from '../sharing/shelf.ts'
import type { Row } from './database.ts'

/** Whence a store is brought in: checkpoints, and those of a store of ours with the rows of its journal. It is only read. */
export interface Source {
  /** Where it is, fit to be shown. */
  readonly url: string
  look<T>(work: (on: Offered) => Promise<T>): Promise<T>
  close(): Promise<void>
}

export interface OfferedTuple {
  readonly tuple: CheckpointTuple
  /** For each of its pending writes where its task stood in the step; undefined where the source does not say. */
  readonly paths?: readonly string[]
}

/** A source at one moment. */
export interface Offered {
  lists(): Promise<ListName[]>
  /** The ids of a list's checkpoints, oldest first. */
  ids(list: ListName): Promise<string[]>
  /** @throws RuntimeError BAD_STORE where it is damaged */
  tuple(list: ListName, id: string): Promise<OfferedTuple | undefined>
  /** How many pending writes there are whose checkpoint is not. */
  unplaced(): Promise<number>
  /** The tables of the journal: none where it has none. */
  names(): Promise<string[]>
  rows(table: string): AsyncIterable<readonly Row[]>
  /** Opens what is hidden in the rows, and names what is damaged. */
  readonly read: RowReader
}
