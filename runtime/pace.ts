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
