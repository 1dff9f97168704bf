import { setTimeout } from 'node:timers/promises'

/** Runs `work` again and again, `ms` apart; what it gives back ends it. Handed in, so that tests set the pace. */
export type Every = (ms: number, work: () => void) => () => void

/** By the system's clock; keeps no process alive. */
export const every: Every = (ms, work) => {
  const timer = setInterval(work, ms)
  timer.unref()
  return () => clearInterval(timer)
}

/** Milliseconds between two looks at what another process may have written. */
export const POLL_MS = 100

/** Waits; rejects with the signal's reason where it aborts. Handed in, so that tests wait for nothing. */
export type Sleep = (ms: number, signal: AbortSignal) => Promise<void>

export const sleep: Sleep = async (ms, signal) => {
  if (ms <= 0) return signal.throwIfAborted()
  await setTimeout(ms, undefined, { signal }).catch(() => signal.throwIfAborted())
}
