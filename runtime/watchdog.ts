import type { Clock } from '../state/context.ts'
import type { Failure } from '../state/errors.ts'
import { type Every, POLL_MS } from './pace.ts'

/** A run that may take so long, and no longer. Milliseconds. */
export interface Watched {
  readonly limits: { readonly idleMs?: number; readonly totalMs?: number }
  /** When it, or one below it, was last heard of. */
  readonly lastSign: number
  /** When it has to have handed over. */
  readonly deadline: number | undefined
  /** What the present turn has taken. */
  turnMs(): number
  expire(limit: Failure): void
}

/** Looks after runs now and then; gives what ends looking after one. A run that waits for a decision has ended. */
export function watchdog({ every, clock }: { every: Every; clock: Clock }): (run: Watched) => () => void {
  const watched = new Set<Watched>()
  let stop: (() => void) | undefined

  function look(): void {
    for (const run of watched) {
      const limit = overdue(run, clock.now())
      if (limit) run.expire(limit)
    }
  }

  return (run) => {
    watched.add(run)
    stop ??= every(POLL_MS, look)
    return () => {
      watched.delete(run)
      if (watched.size > 0) return
      stop?.()
      stop = undefined
    }
  }
}

function overdue(run: Watched, now: number): Failure | undefined {
  const { limits, lastSign, deadline } = run
  if (deadline !== undefined) return now > deadline ? timeLimit('what it has was not handed over in time') : undefined
  const { idleMs, totalMs } = limits
  if (idleMs !== undefined && now - lastSign > idleMs)
    return timeLimit(`there was no sign of life for ${idleMs} ms (limits.idleMs)`)
  if (totalMs !== undefined && run.turnMs() > totalMs)
    return timeLimit(`the turn took more than ${totalMs} ms (limits.totalMs)`)
  return undefined
}

const timeLimit = (message: string): Failure => ({ code: 'TIME_LIMIT', message })
