// What is put in one turn of the event loop is written in one transaction at its end. Who puts waits for the commit.
import { threadDeleted } from '../thread-deleted.ts'
import type { Codec } from './codec.ts'
import type { FreshElement, ListName, Shelf } from './shelf.ts'
import type { Change, CheckpointTables, NewCheckpoint, NewWrite, Outcome } from './tables.ts'

/** Rows that belong together, as they were made on a shelf. */
export interface Draft {
  readonly shelf: Shelf
  readonly elements: readonly FreshElement[]
  readonly checkpoints: readonly NewCheckpoint[]
  readonly writes: readonly NewWrite[]
  /** The checkpoint that they come after; undefined where they begin a list. */
  readonly after: string | undefined
}

interface Waiting {
  draft: Draft
  tries: number
  /** Makes it again on another shelf, of what was put then. */
  readonly again: (shelf: Shelf) => Draft
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

interface Sources {
  readonly tables: CheckpointTables
  readonly codec: Codec
  /** A shelf of what is in the database now, in place of one that is dead, with what is known of a checkpoint there. */
  readonly reopen: (name: ListName, after: string | undefined) => Promise<Shelf>
}

/** How often it is tried again where another process was first. */
const PATIENCE = 100

export class Outbox {
  readonly #sources: Sources
  #waiting: Waiting[] = []
  #flushing: Promise<void> = Promise.resolve()
  #isDue = false

  constructor(sources: Sources) {
    this.#sources = sources
  }

  /** Resolves when it is committed. */
  put(draft: Draft, again: Waiting['again']): Promise<void> {
    const written = new Promise<void>((resolve, reject) => {
      this.#waiting.push({ draft, tries: 0, again, resolve, reject })
    })
    if (!this.#isDue) setImmediate(() => this.#flushNow())
    this.#isDue = true
    return written
  }

  #flushNow(): void {
    this.#isDue = false
    void this.flush()
  }

  /** Writes what waits; who waits for it hears how that went. */
  flush(): Promise<void> {
    if (this.#waiting.length > 0) this.#flushing = this.#flushing.then(() => this.#writeAll())
    return this.#flushing
  }

  async #writeAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting
      this.#waiting = []
      try {
        await this.#write(batch)
      } catch (error) {
        for (const { draft, reject } of batch) {
          draft.shelf.isDead = true
          reject(error)
        }
      }
    }
  }

  async #write(batch: readonly Waiting[]): Promise<void> {
    const ready: Waiting[] = []
    for (const waiting of batch)
      if (!waiting.draft.shelf.isDead || (await this.#redo(waiting).then(() => true, waiting.reject)))
        ready.push(waiting)
    if (ready.length === 0) return
    const groups = grouped(ready)
    const changes = groups.map(({ shelf, waiting }) => this.#changeOf(shelf, waiting))
    const outcomes = await this.#sources.tables.commit(changes)
    for (const [at, group] of groups.entries()) this.#settle(group, outcomes[at]!)
  }

  /** What goes on from a checkpoint of a list that is gone comes too late. */
  async #redo(waiting: Waiting): Promise<void> {
    const { shelf: old, after } = waiting.draft
    const shelf = await this.#sources.reopen(old.name, after)
    const isGone = old.found !== undefined && old.found.list !== shelf.found?.list
    if (isGone && after !== undefined && !shelf.checkpoint(after)) throw threadDeleted(old.name.threadId)
    waiting.draft = waiting.again(shelf)
  }

  #changeOf(shelf: Shelf, waiting: readonly Waiting[]): Change {
    const drafts = waiting.map(({ draft }) => draft)
    const elements = drafts.flatMap((draft) => draft.elements).toSorted((a, b) => a.lane - b.lane || a.seq - b.seq)
    return {
      name: shelf.name,
      found: shelf.found,
      elements: elements.map((element) => this.#sources.codec.element(shelf, element)),
      checkpoints: drafts.flatMap((draft) => draft.checkpoints),
      writes: drafts.flatMap((draft) => draft.writes),
      begins: shelf.name.namespace === '' && drafts.some(({ after }) => after === undefined)
    }
  }

  #settle({ shelf, waiting }: Group, outcome: Outcome): void {
    if (outcome.kind === 'done') {
      shelf.isWrittenTo(outcome.list)
      for (const { resolve } of waiting) resolve()
      return
    }
    shelf.isDead = true
    for (const one of waiting) {
      if (outcome.kind === 'failed') one.reject(outcome.error)
      else if (outcome.kind === 'deleted') one.reject(threadDeleted(shelf.name.threadId))
      else if (++one.tries < PATIENCE) this.#waiting.push(one)
      else one.reject(new Error(`${shelf.place}: others write on it all the time`))
    }
  }
}

interface Group {
  readonly shelf: Shelf
  readonly waiting: readonly Waiting[]
}

function grouped(batch: readonly Waiting[]): Group[] {
  const groups = new Map<Shelf, Waiting[]>()
  for (const waiting of batch) {
    const { shelf } = waiting.draft
    const group = groups.get(shelf)
    if (group) group.push(waiting)
    else groups.set(shelf, [waiting])
  }
  return Array.from(groups, ([shelf, waiting]) => ({ shelf, waiting }))
}
