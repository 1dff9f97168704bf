// The desk of whoever decides here: one ask at a time, in the order in which they came.
import type { Ask } from '../../state/asks.ts'
import type { Decision } from '../../state/decisions.ts'
import { messageOf, RuntimeError } from '../../state/errors.ts'
import type { Decide } from './decide.ts'

export interface Desk {
  /** An ask that lay here before is not put again. */
  lay(asks: readonly Ask[]): void
  /** It was decided elsewhere. */
  take(askId: string): void
  /** When nothing lies here any more. */
  cleared(): Promise<void>
}

export interface DeskParts {
  readonly decide: Decide
  /** Gives the runtime the decision. @throws RuntimeError as `resolveInput` */
  hand(ask: Ask, decision: Decision): Promise<void>
  /** Whoever sits here has gone: nothing more is put before them. */
  readonly signal: AbortSignal
}

export function desk({ decide, hand, signal }: DeskParts): Desk {
  const laid = new Set<string>()
  const gone = new Map<string, AbortController>()
  let last: Promise<void> = Promise.resolve()

  function controllerOf(askId: string): AbortController {
    const controller = gone.get(askId) ?? new AbortController()
    gone.set(askId, controller)
    return controller
  }

  async function put(ask: Ask): Promise<void> {
    const over = AbortSignal.any([signal, controllerOf(ask.id).signal])
    let refused: string | undefined
    while (!over.aborted) {
      const decision = await decide(ask, { signal: over, ...(refused !== undefined && { refused }) })
      if (decision === undefined || over.aborted) return
      try {
        return await hand(ask, decision)
      } catch (error) {
        if (isOver(error)) return
        if (!(error instanceof RuntimeError) || error.code !== 'BAD_DECISION') throw error
        refused = messageOf(error)
      }
    }
  }

  return {
    lay(asks) {
      for (const ask of asks) {
        if (laid.has(ask.id)) continue
        laid.add(ask.id)
        last = last.then(() => put(ask))
        last.catch(() => {}) // whoever waits until all is cleared is told
      }
    },
    take: (askId) => controllerOf(askId).abort(),
    async cleared() {
      let seen: Promise<void> | undefined
      while (seen !== last) {
        seen = last
        await seen
      }
    }
  }
}

/** Somebody else was faster. */
function isOver(error: unknown): boolean {
  return error instanceof RuntimeError && (error.code === 'ASK_DECIDED' || error.code === 'ASK_STALE')
}
