import type { AgentEvent, UnnumberedEvent } from '../state/events.ts'
import type { Kept } from '../state/journal.ts'

/** An entry whose row has been written, or was not new. */
export interface Written {
  readonly event?: UnnumberedEvent | undefined
  readonly isNew: boolean
}

/** The events of what is new, numbered from `after + 1` on, and what became of each entry. */
export function numbered(entries: readonly Written[], after: number): { kept: Kept[]; events: AgentEvent[] } {
  const events: AgentEvent[] = []
  const kept = entries.map(({ event, isNew }) => {
    if (event && isNew) events.push({ ...event, seq: after + events.length + 1 })
    return { isNew, seq: after + events.length }
  })
  return { kept, events }
}
