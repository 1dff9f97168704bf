import { setMaxListeners } from 'node:events'

/** Starts a timer; what it gives back clears it. */
export type StartTimer = (fire: () => void, ms: number) => () => void

/** Node fires a timer of more than this at once. */
const LONGEST_MS = 2 ** 31 - 1

export const startTimer: StartTimer = (fire, ms) => {
  const timer = setTimeout(fire, Math.min(ms, LONGEST_MS))
  return () => clearTimeout(timer)
}

export interface TimeLimit {
  readonly signal: AbortSignal
  readonly ms: number
  readonly timer: StartTimer
  /** What the work is stopped with when its time is over. */
  expired(): Error
}

/**
 * Runs work until it is done, its time is over or `signal` aborts, whichever comes first; work that is deaf to its signal
 * is left behind and what becomes of it is ignored. Timer and listener are gone on every exit.
 */
export async function withinTime<T>(work: (signal: AbortSignal) => Promise<T>, limit: TimeLimit): Promise<T> {
  limit.signal.throwIfAborted()
  // Any number of calls may share the signal of a run, and Node takes more than ten for a leak.
  setMaxListeners(0, limit.signal)
  const stop = new AbortController()
  const stopped = new Promise<never>((_resolve, reject) => {
    stop.signal.addEventListener('abort', () => reject(stop.signal.reason), { once: true })
  })
  const cancel = () => stop.abort(limit.signal.reason)
  limit.signal.addEventListener('abort', cancel, { once: true })
  const clear = limit.timer(() => stop.abort(limit.expired()), limit.ms)
  try {
    return await Promise.race([work(stop.signal), stopped])
  } finally {
    clear()
    limit.signal.removeEventListener('abort', cancel)
  }
}
