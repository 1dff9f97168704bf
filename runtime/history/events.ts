import { setTimeout as sleep } from 'node:timers/promises'
import type { AgentEvent } from '../../state/events.ts'
import type { EventRows } from '../../state/journal.ts'
import { POLL_MS } from '../pace.ts'

const PAGE = 500

/** A page at a time from the journal, and what comes later as it is kept: no reader can hold up a run, or lose an event. */
export async function* eventsOf(
  rootThreadId: string,
  { journal, after = 0, signal }: { journal: EventRows; after?: number; signal?: AbortSignal }
): AsyncGenerator<AgentEvent> {
  let seen = after
  while (!signal?.aborted) {
    const page = await journal.eventsOf(rootThreadId, { after: seen, limit: PAGE })
    yield* page
    seen = page.at(-1)?.seq ?? seen
    if (page.length === PAGE) continue
    if (!signal) return
    await sleep(POLL_MS, undefined, { signal }).catch(() => {})
  }
}
