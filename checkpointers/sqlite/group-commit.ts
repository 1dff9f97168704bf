import type { Database } from 'better-sqlite3'

/**
 * What is written in one turn of the event loop is one transaction at its end: a commit costs as much as all that is in it. Whoever
 * writes hears of it when it is committed.
 */
export interface GroupCommit {
  /** All of it or nothing. It may be done again, alone, where another one of the same transaction has failed. */
  write<T>(work: () => T): Promise<T>
  /** Does now what waits. */
  flush(): void
}

interface Waiting {
  readonly work: () => unknown
  readonly done: (result: unknown) => void
  readonly failed: (error: unknown) => void
}

export function groupCommit(db: Database): GroupCommit {
  let waiting: Waiting[] = []
  const together = db.transaction((group: readonly Waiting[]) => group.map(({ work }) => work()))

  // Immediate: one that read first and wrote then would be refused at once where another process wrote in between.
  function writeAlone(one: Waiting): void {
    try {
      one.done(together.immediate([one])[0])
    } catch (thrown) {
      one.failed(thrown)
    }
  }

  function flush(): void {
    const group = waiting
    waiting = []
    if (group.length > 1 && writeTogether(group)) return
    for (const one of group) writeAlone(one) // what is wrong with one is no matter of the others
  }

  function writeTogether(group: readonly Waiting[]): boolean {
    try {
      const results = together.immediate(group)
      for (const [nth, { done }] of group.entries()) done(results[nth])
      return true
    } catch {
      return false
    }
  }

  return {
    write: <T>(work: () => T) =>
      new Promise<T>((resolve, failed) => {
        if (waiting.length === 0) setImmediate(flush)
        waiting.push({ work, done: resolve as (result: unknown) => void, failed })
      }),
    flush
  }
}
