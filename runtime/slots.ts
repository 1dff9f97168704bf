// How many runs of a runtime work at once.
//
// W1. Whoever waits for others holds no slot: a parent gives its own back while it attends to its children, so however few
//     slots there are, somebody who can go on has one.
// W2. Slots are given in the order in which they were asked for.

export interface Slots {
  /** A slot, as soon as one is free. Rejects with the signal's reason. */
  take(signal: AbortSignal): Promise<Slot>
}

/** The place of one run among those that work. */
export interface Slot {
  /** Waits for others without it, and has it again when this settles. */
  without<T>(waiting: () => Promise<T>): Promise<T>
  /** Gives it back for good. */
  free(): void
}

export function slots(count = Number.POSITIVE_INFINITY): Slots {
  let free = count
  const waiting = new Set<() => void>()

  function release(): void {
    free++
    const [first] = waiting
    first?.()
  }

  async function acquired(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    if (free > 0 && waiting.size === 0) {
      free--
      return
    }
    await turnOf(signal)
  }

  function turnOf(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        waiting.delete(called)
        signal.removeEventListener('abort', stop)
      }
      const called = () => {
        leave()
        free--
        resolve()
      }
      const stop = () => {
        leave()
        reject(signal.reason)
      }
      waiting.add(called)
      signal.addEventListener('abort', stop, { once: true })
    })
  }

  return {
    async take(signal) {
      await acquired(signal)
      let held = true
      const giveBack = () => {
        if (held) release()
        held = false
      }
      return {
        free: giveBack,
        async without(waiting) {
          giveBack()
          const result = await waiting()
          await acquired(signal)
          held = true
          return result
        }
      }
    }
  }
}
