import { EXIT } from '../exit-codes.ts'

export interface Interruption {
  /** Aborted at the first Ctrl-C. */
  readonly signal: AbortSignal
  /** The first pauses what runs, the second leaves at once. */
  trigger(): void
  end(): void
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Ctrl-C and its kin, until `end`. */
export function interruption(): Interruption {
  const controller = new AbortController()
  const trigger = () => {
    if (controller.signal.aborted) process.exit(EXIT.interrupted.code)
    controller.abort(new Error('interrupted'))
  }
  for (const signal of SIGNALS) process.on(signal, trigger)
  return {
    signal: controller.signal,
    trigger,
    end() {
      for (const signal of SIGNALS) process.off(signal, trigger)
    }
  }
}
