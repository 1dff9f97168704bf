import { z } from 'zod'
import { type Tool, tool } from '../../tools/tool.ts'

export interface Held {
  /** `hold` with a `what`: at work until that is released. */
  readonly tool: Tool
  /** What was begun, in order; also what was stopped. */
  readonly begun: readonly string[]
  /** Settles when `what` is at work. */
  at(what: string): Promise<void>
  release(...whats: string[]): void
}

/** Work that goes on until somebody says so, each piece by its name. */
export function held(): Held {
  const gates = new Map<string, ReturnType<typeof gate>>()
  const begun: string[] = []
  const gateOf = (what: string) => {
    const present = gates.get(what) ?? gate()
    gates.set(what, present)
    return present
  }
  const hold = tool({
    name: 'hold',
    description: 'Is at work until it is released.',
    effect: 'idempotent',
    args: z.object({ what: z.string() }),
    async run({ what }, { signal }) {
      begun.push(what)
      const { begin, released } = gateOf(what)
      begin()
      await Promise.race([
        released,
        new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }))
      ])
      return `held ${what}`
    }
  })
  return {
    tool: hold,
    begun,
    at: (what) => gateOf(what).atWork,
    release: (...whats) => {
      for (const what of whats) gateOf(what).release()
    }
  }
}

function gate() {
  let begin = () => {}
  let release = () => {}
  const atWork = new Promise<void>((resolve) => {
    begin = resolve
  })
  const released = new Promise<void>((resolve) => {
    release = resolve
  })
  return { atWork, released, begin: () => begin(), release: () => release() }
}
