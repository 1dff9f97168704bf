// What is let go of the rows of a tree, and what keeps it.

/** Why a tree does not go, or not all of it. */
export type Held =
  /** An ask of it is open. */
  | 'asking'
  /** A checkpoint of it has a label. */
  | 'labelled'
  /** Somebody drives it. */
  | 'live'
  /** It was left in the middle, or has something to go on with. */
  | 'unfinished'
  /** It was touched since. */
  | 'young'

/** A tree that goes. */
export interface TreeToGo {
  readonly rootThreadId: string
  readonly now: number
  /** It is left where it was touched later than this. */
  readonly until: number
  /** Nothing is done, and it is told what would be. */
  readonly dryRun?: boolean | undefined
}

/** What goes of a tree that stays. */
export interface RowsToGo {
  readonly rootThreadId: string
  /** Of listed checkpoints, by their places; one that has a label stays. */
  readonly places: readonly number[]
  /** Threads that are let go, with all but their rows, or with these too. */
  readonly threads: readonly LetGo[]
  /** Events up to this number, but for the openings of asks that are open. */
  readonly eventsTo: number
  /** Of threads that have ended: asks that were decided, and letters that were taken, up to this time. */
  readonly until: number
  readonly dryRun?: boolean | undefined
}

export interface LetGo {
  readonly threadId: string
  /** Whether its calls stay: a branch that is made of an earlier checkpoint has to know what it would repeat. */
  readonly keepsCalls: boolean
  /** The thread to which is added what it has used, and then its row goes; undefined where the row stays. */
  readonly into: string | undefined
}

/** How many rows went. */
export interface GoneRows {
  readonly threads: number
  readonly checkpoints: number
  readonly elements: number
  readonly events: number
  /** All of them together, and those that were not named. */
  readonly rows: number
}
