import { setTimeout as sleep } from 'node:timers/promises'
import { hasCode } from './fence.ts'

const DEADLOCK = '40P01'
const TRIES = 10
/** In which the other comes to its end; otherwise the two would meet again. */
const PAUSE_MS = 100

/**
 * Does it again where Postgres has ended it because it and another waited for each other: of this one nothing was written, the
 * other has gone on. Rows that two write at once, in another order each, are rare, and never in the way for long.
 */
export async function despiteDeadlocks<T>(work: () => Promise<T>): Promise<T> {
  for (let tried = 1; ; tried++)
    try {
      return await work()
    } catch (thrown) {
      if (tried === TRIES || !hasCode(thrown, DEADLOCK)) throw thrown
      await sleep(tried * PAUSE_MS)
    }
}
