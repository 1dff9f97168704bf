// A process that dies at an exact step. Every operation of its store is one, and whatever else is handed to `step`.
//
// C1. At the crash point the step takes effect or does not, as the point says; whoever took it never learns which.
// C2. From then on nothing takes effect: each step rejects.
// C3. What was on its way to the database ends as the database ends it, unheard. `death` waits for that.
import type { Store } from '../../checkpointers/store.ts'

export interface CrashPoint {
  /** Counted from 1 over the whole life of the process. */
  readonly step: number
  readonly when: 'before' | 'after'
}

export interface MortalProcess {
  readonly dead: boolean
  /** The names of the steps so far. */
  readonly steps: readonly string[]
  step<T>(name: string, work: () => T | Promise<T>): Promise<T>
  /** Settles when the process has died and nothing of it is on its way any more. */
  readonly death: Promise<void>
}

/** A process that dies at `point`, or lives on without one. */
export function mortalProcess(point?: CrashPoint): MortalProcess {
  const steps: string[] = []
  const underWay = new Set<Promise<unknown>>()
  let dead = false
  let dies = () => {}
  const death = new Promise<void>((resolve) => {
    dies = resolve
  }).then(async () => void (await Promise.allSettled(underWay)))

  function die(): void {
    dead = true
    dies()
  }

  async function step<T>(name: string, work: () => T | Promise<T>): Promise<T> {
    if (dead) throw gone(name)
    const isLast = steps.push(name) === point?.step
    if (isLast && point?.when === 'before') die()
    if (dead) throw gone(name)
    const working = Promise.resolve(work())
    underWay.add(working)
    const result = await working.finally(() => underWay.delete(working))
    if (isLast) die()
    if (dead) throw gone(name)
    return result
  }

  return {
    get dead() {
      return dead
    },
    steps,
    step,
    death
  }
}

/** A store as a process has it of which every operation is a step. */
export function crashingStore(store: Store, { step }: Pick<MortalProcess, 'step'>): Store {
  const saver = stepping(store.saver, {
    isOperation: (name) => SAVER_OPERATIONS.has(name),
    step: (name, work) => step(`saver.${name}`, work)
  })
  saver.list = async function* (...args) {
    yield* await step('saver.list', async () => {
      const all = []
      for await (const tuple of store.saver.list(...args)) all.push(tuple)
      return all
    })
  }
  const journal = stepping(store.journal, {
    isOperation: (name) => name !== 'damaged',
    step: (name, work) => step(`journal.${name}`, work)
  })
  return { ...store, saver, journal }
}

/** The methods of a saver that reach its database. */
const SAVER_OPERATIONS: ReadonlySet<string> = new Set([
  'put',
  'putWrites',
  'get',
  'getTuple',
  'getDeltaChannelHistory',
  'deleteThread'
])

interface Stepping {
  isOperation(name: string): boolean
  step: MortalProcess['step']
}

/** The object, with a step around each of its operations; what one of them calls inside is not counted again. */
function stepping<T extends object>(target: T, { isOperation, step }: Stepping): T {
  const overlay = new Map<PropertyKey, unknown>()
  return new Proxy(target, {
    get(_, name) {
      if (overlay.has(name)) return overlay.get(name)
      const value = Reflect.get(target, name, target)
      if (typeof value !== 'function') return value
      if (typeof name !== 'string' || !isOperation(name)) return value.bind(target)
      return (...args: unknown[]) => step(name, () => value.apply(target, args))
    },
    set: (_, name, value) => overlay.set(name, value) !== undefined
  })
}

function gone(name: string): Error {
  return new Error(`the process is dead: ${name} did not happen`)
}
