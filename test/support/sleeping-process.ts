// A process that falls asleep at an exact step, as a closed laptop does, and goes on where it was when it is woken.
import type { CrashPoint, MortalProcess } from './crashing-store.ts'

export interface SleepingProcess extends Pick<MortalProcess, 'step'> {
  /** Settles when it has fallen asleep. */
  readonly asleep: Promise<void>
  /** From now on each step may be slow, by `turns` of the event loop: what was begun first need not be done first. */
  wake(turns: (step: string) => number): void
  /** Until no step is under way. */
  idle(): Promise<void>
}

export function sleepingProcess(point: CrashPoint): SleepingProcess {
  const underWay = new Set<Promise<unknown>>()
  let steps = 0
  let fallAsleep = () => {}
  let wakeUp = () => {}
  let turnsLost = (_step: string) => 0
  let present = Promise.resolve()
  const asleep = new Promise<void>((resolve) => {
    fallAsleep = resolve
  })
  const awake = new Promise<void>((resolve) => {
    wakeUp = resolve
  })

  function sleep(): void {
    present = awake
    fallAsleep()
  }

  async function taken<T>(name: string, work: () => T | Promise<T>): Promise<T> {
    const isLast = ++steps === point.step
    if (isLast && point.when === 'before') sleep()
    await slept(name)
    const result = await work()
    if (isLast && point.when === 'after') sleep()
    await slept(name)
    return result
  }

  async function slept(name: string): Promise<void> {
    await present
    for (let turns = turnsLost(name); turns > 0; turns--) await new Promise(setImmediate)
  }

  return {
    asleep,
    step(name, work) {
      const step = taken(name, work)
      const settled = Promise.allSettled([step])
      underWay.add(settled)
      settled.then(() => underWay.delete(settled))
      return step
    },
    wake(turns) {
      turnsLost = turns
      wakeUp()
    },
    async idle() {
      while (underWay.size > 0) {
        await Promise.all(underWay)
        await new Promise(setImmediate)
      }
    }
  }
}
