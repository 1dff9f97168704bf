import type { World } from '../state/context.ts'
import { NO_USAGE, type Usage } from '../state/usage.ts'

/** What one model call uses. */
export interface Tally {
  onUsage(usage: Usage): void
  readonly used: Usage
  /** Settles when it is on record: what the call has led to is not kept before. */
  recorded(): Promise<void>
}

export function tally({ meter }: World): Tally {
  let used = NO_USAGE
  let recording = Promise.resolve()
  return {
    onUsage(usage) {
      used = usage
      recording = meter(usage)
      recording.catch(() => {}) // a run that is stopped does not wait for it
    },
    get used() {
      return used
    },
    recorded: () => recording
  }
}
