import { GraphRecursionError } from '@langchain/langgraph'
import { failureOf } from '../state/errors.ts'
import type { Outcome } from '../state/outcome.ts'
import { addUsage, NO_USAGE, type Usage } from '../state/usage.ts'
import type { Agent } from './agent.ts'
import { ledgerOf } from './dialects/deputy.ts'

/** How a thread stood when its last run here ended: the outcome, and what it and its children have used. */
export interface Standing {
  readonly outcome: Outcome
  readonly usage: Usage
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

export function failed(error: unknown): Standing {
  const failure =
    error instanceof GraphRecursionError
      ? ({ code: 'STEP_LIMIT', message: error.message } as const)
      : failureOf(error, 'RUN_FAILED')
  return { outcome: { status: 'failed', error: failure }, usage: NO_USAGE }
}

/** Whether the tree turned out to be somebody else's. */
export function isLost({ outcome }: Standing): boolean {
  return outcome.status === 'failed' && outcome.error.code === 'LEASE_LOST'
}

/** A thread's own usage and that of the children that have reported to it. */
export function usageOf(agent: Agent, values: unknown): Usage {
  const reported = ledgerOf(values).flatMap((task) => ('usage' in task ? [task.usage] : []))
  return reported.reduce(addUsage, agent.dialect.usage(values))
}
