// E1. The events of a tree are numbered by whoever holds its lease, after the last one in the journal, without gaps.
// E2. What is numbered is kept, in order, before the run that it tells of has its outcome. Pieces of text are not: they
//     carry the number of the event before them.
import type { Clock } from '../state/context.ts'
import type { AgentEvent, EventBody, EventOrigin } from '../state/events.ts'
import type { EventRows } from '../state/journal.ts'
import { type EventFeed, eventFeed } from './event-feed.ts'

type Listener = (event: AgentEvent) => void
type Source = Pick<EventOrigin, 'path' | 'threadId' | 'rootThreadId' | 'runId'>

/** Numbers and keeps the events of each tree, and hands them to whoever listens. */
export interface EventHub {
  /** Goes on with a tree where its journal ends. To be awaited before its first event here. */
  open(rootThreadId: string): Promise<void>
  /** For a tree whose root somebody else drives: it stays open, and what is known of its numbers is known here. */
  attach(rootThreadId: string): void
  /** Lets a tree go that has been flushed. */
  close(rootThreadId: string): void
  emit(source: Source, body: EventBody): void
  /** Waits until all events of a tree are kept. */
  flush(rootThreadId: string): Promise<void>
  /** The events of a tree from now on, kept until they are read; iterating ends once `end` was called and all is read. */
  follow(rootThreadId: string): EventFeed
}

interface Tree {
  last: number
  unkept: AgentEvent[]
  keeping: Promise<void>
  failure?: unknown
}

export function eventHub({ clock, journal }: { clock: Clock; journal: EventRows }): EventHub {
  const opened = new Map<string, Tree>()
  const attached = new Set<string>()
  const listeners = new Map<string, Set<Listener>>()

  async function open(rootThreadId: string): Promise<void> {
    if (attached.has(rootThreadId)) return
    opened.set(rootThreadId, tree(await journal.lastSeq(rootThreadId)))
  }

  function attach(rootThreadId: string): void {
    attached.add(rootThreadId)
    if (!opened.has(rootThreadId)) opened.set(rootThreadId, tree(0))
  }

  function close(rootThreadId: string): void {
    if (!attached.has(rootThreadId)) opened.delete(rootThreadId)
  }

  const emit: EventHub['emit'] = (source, body) => {
    const tree = opened.get(source.rootThreadId)
    if (!tree) throw new Error(`an event of ${source.path} came before its tree was opened: ${body.type}`)
    const passing = body.type === 'model.delta'
    const seq = passing ? tree.last : ++tree.last
    const event = { seq, at: clock.now(), ...source, ...body } as AgentEvent
    if (!passing) keep(tree, event)
    for (const listener of listeners.get(source.rootThreadId) ?? []) listener(event)
  }

  /** What is emitted in one turn of the event loop is written at once. */
  function keep(tree: Tree, event: AgentEvent): void {
    tree.unkept.push(event)
    if (tree.unkept.length > 1) return
    tree.keeping = tree.keeping.then(async () => {
      await new Promise(setImmediate)
      await journal.appendEvents(tree.unkept.splice(0))
    })
    tree.keeping = tree.keeping.catch((error) => {
      tree.failure ??= error
    })
  }

  async function flush(rootThreadId: string): Promise<void> {
    const tree = opened.get(rootThreadId)
    await tree?.keeping
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
    const end = () => {
      stop()
      void flush(rootThreadId).then(feed.end, feed.end)
    }
    return { ...feed, end }
  }

  return { open, attach, close, emit, flush, follow }
}

function tree(last: number): Tree {
  return { last, unkept: [], keeping: Promise.resolve() }
}
