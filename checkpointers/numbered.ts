import type { AgentEvent, UnnumberedEvent } from '../state/events.ts'
import type { Kept } from '../state/journal.ts'

/** An entry whose row has been written, or was not new. */
export interface Written {
  readonly event?: UnnumberedEvent | undefined
  readonly isNew: boolean
}

export interface Ends {
  /** The last number of the tree. */
  readonly after: number
  /** The last number of a thread, 0 where it has no events. */
  lastOf(threadId: string): number
}

/**
 * The events of what is new, numbered from `after + 1` on and within each thread behind its last, and what became of each
 * entry.
 */
export function numbered(entries: readonly Written[], { after, lastOf }: Ends): { kept: Kept[]; events: AgentEvent[] } {
  const events: AgentEvent[] = []
  const last = new Map<string, number>()
  const kept = entries.map(({ event, isNew }): Kept => {
    if (!event || !isNew) return { isNew, seq: after + events.length }
    const { threadId } = event
    const threadSeq = (last.get(threadId) ?? lastOf(threadId)) + 1
    last.set(threadId, threadSeq)
    const seq = after + events.length + 1
    events.push({ ...event, seq, threadSeq })
    return { isNew, seq, threadSeq }
  })
  return { kept, events }
}
