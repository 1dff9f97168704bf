import type { Every } from '../../runtime/pace.ts'
import { manualClock } from '../crash/manual-clock.ts'

/** Time that stands until it is moved: a clock, and the beats and looks that are paced by it. */
export function manualTime() {
  const clock = manualClock()
  const works = new Set<() => void>()
  const every: Every = (_ms, work) => {
    works.add(work)
    return () => works.delete(work)
  }
  return {
    clock,
    every,
    /** As if a process lived through it: whoever looks now and then looks once. */
    pass(ms: number) {
      clock.advance(ms)
      for (const work of [...works]) work()
    }
  }
}
