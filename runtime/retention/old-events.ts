import type { EventRows } from '../../state/journal.ts'

/** The number of the last event of a tree that is not younger, but never that of its last. 0 where there is none. */
export async function eventsUpTo(
  rootThreadId: string,
  { until, journal }: { until: number; journal: Pick<EventRows, 'eventsOf' | 'lastSeq' | 'prunedTo'> }
): Promise<number> {
  const last = await journal.lastSeq(rootThreadId)
  let low = await journal.prunedTo(rootThreadId)
  let high = last
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    const [event] = await journal.eventsOf(rootThreadId, { after: middle - 1, limit: 1 })
    if (event && event.at <= until) low = middle
    else high = middle - 1
  }
  return Math.max(0, Math.min(low, last - 1))
}
