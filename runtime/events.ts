// E1. The events of a tree are numbered by whoever holds its lease, after the last one in the journal, without gaps.
// E2. An event and the row that it tells of are kept together, in order, before anybody hears of the event. What comes while
//     others are being kept waits, and is kept with all that waits then: one transaction, however many agents are at work.
//     After something that could not be kept nothing more is: the log has no gap.
// E3. Pieces of a reply are not kept: they carry the numbers of the event before them.
// E4. Of a long tree the oldest events go as new ones are kept, by whoever may append, and never the asks that are open.
import type { Clock } from '../state/context.ts'
import { type AgentEvent, type EventBody, type EventOrigin, passes, type UnnumberedEvent } from '../state/events.ts'
import type { Entry, EventRows, Kept, RowWrite } from '../state/journal.ts'
import { type EventFeed, eventFeed } from './event-feed.ts'

type Listener = (event: AgentEvent) => void
type Source = Pick<EventOrigin, 'path' | 'threadId' | 'rootThreadId'>

/** Tells what one run does. */
export interface Teller {
  emit(body: EventBody): void
  /** Keeps a row with the event that tells of it, after all that came before; whether it could be kept is heard by `flush`. */
  note(entry: Told): void
  /** As `note`, but together with whatever is kept next, or flushed: no transaction for it alone. */
  defer(entry: { readonly row: RowWrite }): void
  /** As `note`, and waits. False where the row is not new: then the event is not told again. */
  keep(entry: Told): Promise<boolean>
}

interface Told {
  readonly row: RowWrite
  readonly body?: EventBody | undefined
}

/** Numbers and keeps the events of each tree, and hands them to whoever listens. */
export interface EventHub {
  /** Goes on with a tree where its journal ends. To be awaited before its first event here. */
  open(rootThreadId: string): Promise<void>
  /** For a tree whose root somebody else drives: it stays open, and what is known of its numbers is known here. */
  attach(rootThreadId: string): void
  /** Lets a tree go, once what was told until now is kept. A node that a cancel has left behind tells nothing any more. */
  close(rootThreadId: string): Promise<void>
  from(source: Source, runId: string): Teller
  /** Waits until all events of a tree are kept. */
  flush(rootThreadId: string): Promise<void>
  /** The events of a tree from now on, kept until they are read; iterating ends once `end` was called and all is read. */
  follow(rootThreadId: string): EventFeed
}

/** Something that waits to be kept, or, where it passes, only to be told. */
interface Waiting extends Entry {
  readonly passes: boolean
  /** Goes with whatever is kept next, and is no reason to keep anything. */
  readonly isDeferred?: true
  settled?(isNew: boolean): void
  failed?(error: unknown): void
}

interface Tree {
  readonly rootThreadId: string
  last: number
  /** The last number of each thread that was told of here. */
  readonly threads: Map<string, number>
  waiting: Waiting[]
  keeping: Promise<void> | undefined
  failure?: unknown
}

export interface HubParts {
  readonly clock: Clock
  readonly journal: EventRows
  /** How many events of a tree are kept. */
  readonly keepEvents: number
}

export function eventHub({ clock, journal, keepEvents: keep }: HubParts): EventHub {
  const opened = new Map<string, Tree>()
  const attached = new Set<string>()
  const listeners = new Map<string, Set<Listener>>()

  async function open(rootThreadId: string): Promise<void> {
    if (attached.has(rootThreadId)) return
    opened.set(rootThreadId, newTree(rootThreadId, await journal.lastSeq(rootThreadId)))
  }

  function attach(rootThreadId: string): void {
    attached.add(rootThreadId)
    if (!opened.has(rootThreadId)) opened.set(rootThreadId, newTree(rootThreadId, 0))
  }

  async function close(rootThreadId: string): Promise<void> {
    if (attached.has(rootThreadId)) return
    const tree = opened.get(rootThreadId)
    opened.delete(rootThreadId)
    await tree?.keeping
  }

  function from({ path, threadId, rootThreadId }: Source, runId: string): Teller {
    const origin = { path, threadId, rootThreadId, runId }
    const eventOf = (body: EventBody) => ({ at: clock.now(), ...origin, ...body }) as UnnumberedEvent
    const keep: Teller['keep'] = ({ row, body }) =>
      new Promise<boolean>((settled, failed) => {
        wait(treeOf(origin), { row, event: body && eventOf(body), passes: false, settled, failed })
      })
    return {
      emit(body) {
        const tree = treeOf(origin)
        const isPassing = passes(body)
        if (isPassing && !tree.keeping) tell(placed(eventOf(body), tree))
        else wait(tree, { event: eventOf(body), passes: isPassing })
      },
      note: (entry) => void keep(entry).catch(() => {}),
      defer({ row }) {
        const tree = treeOf(origin)
        if (!tree.failure) tree.waiting.push({ row, passes: false, isDeferred: true })
      },
      keep
    }
  }

  function treeOf({ rootThreadId, path }: Source): Tree {
    const tree = opened.get(rootThreadId)
    if (!tree) throw new Error(`an event of ${path} came while its tree was not open`)
    return tree
  }

  function wait(tree: Tree, waiting: Waiting): void {
    if (tree.failure) {
      waiting.failed?.(tree.failure)
      return
    }
    tree.waiting.push(waiting)
    tree.keeping ??= keepAll(tree)
  }

  /** What comes in one turn of the event loop is kept at once. */
  async function keepAll(tree: Tree): Promise<void> {
    await new Promise(setImmediate)
    try {
      do await keepTogether(tree, tree.waiting.splice(0))
      while (tree.waiting.some(({ isDeferred }) => !isDeferred))
    } finally {
      // At once: what came between the last look and this would wait for ever.
      tree.keeping = undefined
    }
  }

  async function keepTogether(tree: Tree, together: readonly Waiting[]): Promise<void> {
    const entries = together.filter(({ passes }) => !passes)
    const { rootThreadId, last: after } = tree
    let kept: readonly Kept[]
    try {
      kept = entries.length > 0 ? await journal.append(entries, { rootThreadId, after, keep }) : []
    } catch (error) {
      tree.failure = error
      for (const { failed } of [...entries, ...tree.waiting.splice(0)]) failed?.(error)
      return
    }
    let next = 0
    for (const { event, passes, settled } of together) {
      const { isNew, seq, threadSeq }: Kept = passes ? { isNew: true, seq: tree.last } : kept[next++]!
      tree.last = seq
      if (event && threadSeq) tree.threads.set(event.threadId, threadSeq)
      if (event && isNew) tell(placed(event, tree))
      settled?.(isNew)
    }
  }

  function tell(event: AgentEvent): void {
    for (const listener of listeners.get(event.rootThreadId) ?? []) listener(event)
  }

  async function flush(rootThreadId: string): Promise<void> {
    const tree = opened.get(rootThreadId)
    while (tree && (tree.keeping || tree.waiting.length > 0)) {
      tree.keeping ??= keepAll(tree)
      await tree.keeping
    }
    if (tree?.failure) throw tree.failure
  }

  function listen(rootThreadId: string, listener: Listener): () => void {
    const mine = listeners.get(rootThreadId) ?? new Set()
    listeners.set(rootThreadId, mine.add(listener))
    return () => {
      mine.delete(listener)
      if (mine.size === 0 && listeners.get(rootThreadId) === mine) listeners.delete(rootThreadId)
    }
  }

  function follow(rootThreadId: string): EventFeed {
    const feed = eventFeed({ journal, rootThreadId })
    const stop = listen(rootThreadId, feed.push)
    return {
      ...feed,
      end() {
        stop()
        feed.end()
      }
    }
  }

  return { open, attach, close, from, flush, follow }
}

function newTree(rootThreadId: string, last: number): Tree {
  return { rootThreadId, last, threads: new Map(), waiting: [], keeping: undefined }
}

/** With the last numbers of its tree and its thread. */
function placed(event: UnnumberedEvent, { last, threads }: Tree): AgentEvent {
  return { ...event, seq: last, threadSeq: threads.get(event.threadId) ?? 0 }
}
