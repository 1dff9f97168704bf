/** The moment at which to give up waiting: the signal's or the clock's, whichever comes first. */
export interface Stop {
  readonly reached: Promise<void>
  isReached(): boolean
  /** Takes the timer and the listener away; `reached` may then never settle. */
  dispose(): void
}

export function stopOn(signal: AbortSignal, afterMs: number): Stop {
  const { promise: reached, resolve } = deferred()
  let isReached = false
  const reach = () => {
    isReached = true
    resolve()
  }
  const timer = setTimeout(reach, afterMs)
  signal.addEventListener('abort', reach, { once: true })
  if (signal.aborted) reach()
  return {
    reached,
    isReached: () => isReached,
    dispose: () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', reach)
    }
  }
}

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve = () => {}
  const promise = new Promise<void>((done) => {
    resolve = done
  })
  return { promise, resolve }
}
