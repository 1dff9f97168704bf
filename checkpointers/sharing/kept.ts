// What is known of a value that is stored: a private copy of it, which nobody else ever holds, and what stands for it in a row.
// It is never changed: a value that differs is another one.
import type { BareKind } from './bare-messages.ts'
import type { MessageShape } from './message-shape.ts'

export type Kept = KeptLeaf | KeptList | KeptRecord

interface Stored {
  /** JSON that stands for it where it is a part of something. */
  readonly tree: unknown
}

/** What is stored as a whole. */
export interface KeptLeaf extends Stored {
  readonly kind: 'leaf'
  readonly value: unknown
  /** The number among the members of lists, where it is one. */
  readonly member?: number
  /** Where the value is a bare message: it is made of what it says, whenever it is asked for. */
  readonly bare?: BareKind | undefined
  readonly content?: string
  readonly id?: unknown
  /** Where the value is any other message. */
  readonly shape?: MessageShape | undefined
}

/** A part of a list as it lies in a row: `parts.ts` has how. */
export interface Part {
  readonly level: number
  /** How many members of the list it stands for. */
  readonly count: number
  readonly tree: unknown
  /** The first member of a range. */
  readonly from?: number
}

/** A list whose members are stored on their own. */
export interface KeptList extends Stored {
  readonly kind: 'list'
  readonly items: readonly Kept[]
  readonly parts: readonly Part[]
}

/** A plain object whose members are stored on their own. */
export interface KeptRecord extends Stored {
  readonly kind: 'record'
  readonly names: readonly string[]
  readonly items: readonly Kept[]
  readonly parts: readonly Part[]
}
