// An ask of a child belongs to the person only once no agent above it has answered: those have the first word, by their
// rules or their model. No event tells when it has arrived at the top, so the root's ledger is read while one is on its way.
import { setTimeout as sleep } from 'node:timers/promises'
import type { AgentRuntime } from '../../runtime/agent-runtime.ts'
import type { Ask } from '../../state/asks.ts'

export interface Climb {
  /** An ask was opened somewhere in the tree. */
  opened(ask: Ask): void
  decided(askId: string): void
}

interface ClimbParts {
  readonly runtime: Pick<AgentRuntime, 'getSnapshot'>
  readonly rootThreadId: string
  readonly everyMs?: number
  readonly signal: AbortSignal
  /** These wait for the person now. */
  arrived(asks: readonly Ask[]): void
}

export function climb({ runtime, rootThreadId, everyMs = 100, signal, arrived }: ClimbParts): Climb {
  const climbing = new Set<string>()
  let watching = false

  async function watch(): Promise<void> {
    while (climbing.size > 0) {
      await sleep(everyMs, undefined, { signal })
      const { ledger } = await runtime.getSnapshot(rootThreadId)
      const petitions = ledger.flatMap((task) => (task.status === 'asking' ? task.petitions : []))
      const atTop = petitions.filter(({ status, ask }) => status === 'escalated' && climbing.has(ask.id))
      for (const { ask } of atTop) climbing.delete(ask.id)
      arrived(atTop.map(({ ask }) => ask))
    }
  }

  return {
    opened(ask) {
      if (ask.threadId === rootThreadId) return arrived([ask])
      climbing.add(ask.id)
      if (watching) return
      watching = true
      // What is missed here is found when the turn comes to rest.
      watch()
        .catch(() => {})
        .finally(() => {
          watching = false
        })
    },
    decided: (askId) => void climbing.delete(askId)
  }
}
