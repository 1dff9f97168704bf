export interface ManualClock {
  now(): number
  advance(ms: number): void
}

/** A clock that stands until it is moved. */
export function manualClock(start = 1_000): ManualClock {
  let now = start
  return {
    now: () => now,
    advance(ms) {
      now += ms
    }
  }
}
