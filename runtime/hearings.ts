import type { WaitingLetter } from '../state/inbox.ts'
import type { Journal } from '../state/journal.ts'
import type { ThreadRecord } from '../state/threads.ts'
import type { Registry } from './registry.ts'
import { reportsTo, unheard } from './reports.ts'

/**
 * For which reports roots were driven here: for each once. What is told is told by the ledger, so a report that a root was
 * driven for and that its ledger does not bear out yet is left for the next run.
 */
export interface Hearings {
  /** The reports that wait for a thread. */
  waiting(thread: ThreadRecord): Promise<readonly WaitingLetter[]>
  /** Whether one of them is new to its root; from now on none is. */
  rings(reports: readonly WaitingLetter[]): boolean
  /** Takes the reports that a run has heard, of those that waited before it; whether others have come that are new. */
  leaves(root: ThreadRecord, run: Heard): Promise<boolean>
}

/** What a run was driven for, and where it came to. */
export interface Heard {
  readonly before: readonly WaitingLetter[]
  readonly values: unknown
  /** It had a turn to end that was left in the middle, and did not look for what it was driven for. */
  readonly wakes?: boolean | undefined
}

export function hearings({ registry, journal }: { registry: Registry; journal: Journal }): Hearings {
  const rung = new Set<string>()
  const isNew = ({ id }: WaitingLetter) => !rung.has(id)
  return {
    async waiting(thread) {
      const { background } = registry.agent(thread.agent).charter
      return background && thread.parentThreadId === null ? reportsTo(thread, journal) : NONE
    },
    rings(reports) {
      const news = reports.filter(isNew)
      for (const { id } of news) rung.add(id)
      return news.length > 0
    },
    async leaves(root, { before, values, wakes = false }) {
      const left = await unheard(root, { values, before, journal })
      const isLeft = new Set(left.map(({ id }) => id))
      for (const { id } of before) if (wakes || !isLeft.has(id)) rung.delete(id)
      return left.some(isNew)
    }
  }
}

const NONE: readonly WaitingLetter[] = []
