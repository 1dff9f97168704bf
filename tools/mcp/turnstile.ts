/** Lets so many through at once; the others wait in their order. */
export function turnstile(places: number): <T>(work: () => Promise<T>, signal: AbortSignal) => Promise<T> {
  let free = places
  const waiting: (() => void)[] = []
  return async (work, signal) => {
    if (free === 0) await placeAmong(waiting, signal)
    else free--
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next) next()
      else free++
    }
  }
}

function placeAmong(waiting: (() => void)[], signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const leave = () => {
      waiting.splice(waiting.indexOf(enter), 1)
      reject(signal.reason)
    }
    const enter = () => {
      signal.removeEventListener('abort', leave)
      resolve()
    }
    if (signal.aborted) return reject(signal.reason)
    signal.addEventListener('abort', leave, { once: true })
    waiting.push(enter)
  })
}
