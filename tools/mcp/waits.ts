import { setTimeout } from 'node:timers/promises'

/** How time passes; handed in, so that tests wait for nothing. */
export interface Waits {
  sleep(ms: number, signal: AbortSignal): Promise<void>
}

export const waits: Waits = {
  async sleep(ms, signal) {
    if (ms <= 0) return signal.throwIfAborted()
    await setTimeout(ms, undefined, { signal, ref: false }).catch(() => signal.throwIfAborted())
  }
}
