import type { Store } from '../../checkpointers/store.ts'

export interface Frozen {
  readonly store: Store
  /** Settles when the process has come to the point. */
  readonly reached: Promise<void>
  thaw(): void
}

/** A store as a process has it that freezes before the first operation of its journal that is the point, until it is thawed. */
export function frozenStore(store: Store, isPoint: (operation: string, args: readonly unknown[]) => boolean): Frozen {
  let thaw = () => {}
  let reach = () => {}
  const thawed = new Promise<void>((resolve) => {
    thaw = resolve
  })
  const reached = new Promise<void>((resolve) => {
    reach = resolve
  })
  let frozen = false
  const journal = new Proxy(store.journal, {
    get(target, name) {
      const value = Reflect.get(target, name, target)
      if (typeof value !== 'function' || name === 'damaged') return value
      return async (...args: unknown[]) => {
        if (!frozen && isPoint(String(name), args)) {
          frozen = true
          reach()
        }
        if (frozen) await thawed
        return value.apply(target, args)
      }
    }
  })
  return { store: { ...store, journal }, reached, thaw: () => thaw() }
}
