import { GraphRecursionError } from '@langchain/langgraph'
import { type Failure, failureOf } from '../state/errors.ts'
import type { Outcome } from '../state/outcome.ts'
import { NO_USAGE, type Usage } from '../state/usage.ts'

/** How a thread stood when its last run here ended: the outcome, and what it and all below it have used. */
export interface Standing {
  readonly outcome: Outcome
  readonly usage: Usage
  /** Whose text is in what it came to. */
  readonly untrusted?: string | undefined
  /** The letter with which the run began a turn, where it did. */
  readonly turn?: string
}

/** How a run is stopped from outside: the reason that its signal carries. */
export type Stop = Extract<Outcome, { status: 'paused' | 'cancelled' }>

/** A runtime that is closed stops what runs. */
export const CLOSED: Stop = { status: 'paused', reason: 'the runtime was closed' }

/** How a thread stands that was stopped before it ran. */
export function stopped(as: Stop): Standing {
  return { outcome: as, usage: NO_USAGE }
}

/** How a thread stands whose run threw; `partial` is what it had said until then. */
export function failed(error: unknown, partial?: string): Standing {
  const failure: Failure =
    error instanceof GraphRecursionError
      ? { code: 'STEP_LIMIT', message: error.message }
      : failureOf(error, 'RUN_FAILED')
  return { outcome: { status: 'failed', error: { ...failure, ...(partial && { partial }) } }, usage: NO_USAGE }
}

/** Whether the tree turned out to be somebody else's, or nobody's any more. */
export function isLost({ outcome }: Standing): boolean {
  return outcome.status === 'failed' && LOST.has(outcome.error.code)
}
const LOST: ReadonlySet<string> = new Set(['LEASE_LOST', 'THREAD_DELETED'])

/**
 * How a run ends that had to hand over: as failed by its limit, with what it handed over, or else what it had said before.
 * Who stopped it meanwhile is not overruled.
 */
export function handedOver(
  standing: Standing,
  { limit, partial, expired }: { limit: Failure; partial: string | undefined; expired: boolean }
): Standing {
  if (isLost(standing)) return standing
  const { outcome, ...rest } = standing
  if (outcome.status === 'cancelled' || (outcome.status === 'paused' && !expired)) return { outcome, ...rest }
  const words = outcome.status === 'completed' ? outcome.text : outcome.status === 'failed' ? outcome.error.partial : ''
  const left = words?.trim() || partial
  return { ...rest, outcome: { status: 'failed', error: { ...limit, ...(left && { partial: left }) } } }
}
