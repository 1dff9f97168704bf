/** Wakes whoever waits for anything to change. Take `next()` before you look, and no ring is missed. */
export interface Bell {
  next(): Promise<void>
  ring(): void
}

export function bell(): Bell {
  let { promise, resolve } = ringing()
  return {
    next: () => promise,
    ring() {
      const rung = resolve
      ;({ promise, resolve } = ringing())
      rung()
    }
  }
}

function ringing(): { promise: Promise<void>; resolve: () => void } {
  let resolve!: () => void
  const promise = new Promise<void>((done) => {
    resolve = done
  })
  return { promise, resolve }
}
