import type { Ask } from '../state/asks.ts'
import type { ErrorCode } from '../state/errors.ts'
import type { Outcome } from '../state/outcome.ts'

/** How every command ends, with the words of `--help`. */
export const EXIT = {
  completed: { code: 0, means: 'completed' },
  failed: { code: 1, means: 'failed' },
  badInput: { code: 2, means: 'bad usage or input: an unknown id or agent, arguments that cannot be read' },
  asking: { code: 3, means: 'waiting for a decision; `deputy asks` lists what is asked' },
  cancelled: { code: 4, means: 'cancelled' },
  storeUnavailable: { code: 5, means: 'the store cannot be reached or written' },
  interrupted: { code: 130, means: 'interrupted; `deputy resume THREAD` goes on' }
} as const

export function exitCodesHelp(): string {
  const lines = Object.values(EXIT).map(({ code, means }) => `  ${String(code).padStart(3)}  ${means}`)
  return ['', 'Exit codes:', ...lines].join('\n')
}

/** Of a turn that has ended, with what of its tree waits for a decision. */
export function exitCodeOf({ outcome, waiting }: { outcome: Outcome; waiting: readonly Ask[] }): number {
  switch (outcome.status) {
    case 'completed':
      return waiting.length > 0 ? EXIT.asking.code : EXIT.completed.code
    case 'asking':
      return EXIT.asking.code
    case 'paused':
      return EXIT.interrupted.code
    case 'cancelled':
      return EXIT.cancelled.code
    case 'failed':
      return outcome.error.code === 'STORE_UNAVAILABLE' ? EXIT.storeUnavailable.code : EXIT.failed.code
  }
}

/** What was refused before anything ran, because of what the caller gave. */
const OF_THE_INPUT: ReadonlySet<ErrorCode> = new Set([
  'ASK_DECIDED',
  'ASK_STALE',
  'BAD_ARGUMENTS',
  'BAD_DECISION',
  'BAD_HOOKS',
  'BAD_POLICY',
  'BAD_STORE',
  'BAD_WORKER',
  'GRANT_REVOKED',
  'HOOKS_UNTRUSTED',
  'LABEL_TAKEN',
  'NOTHING_TO_UNDO',
  'THREAD_ASKING',
  'THREAD_BUSY',
  'THREAD_DELETED',
  'THREAD_REWOUND',
  'UNKNOWN_AGENT',
  'UNKNOWN_ASK',
  'UNKNOWN_CHECKPOINT',
  'UNKNOWN_GRANT',
  'UNKNOWN_LABEL',
  'UNKNOWN_MESSAGE',
  'UNKNOWN_THREAD',
  'UNREDUCED_FIELD',
  'WORKSPACE_MISSING'
])

/** Of an error that a command threw. */
export function exitCodeOfError(code: ErrorCode): number {
  if (code === 'STORE_UNAVAILABLE') return EXIT.storeUnavailable.code
  if (code === 'RUN_CANCELLED') return EXIT.cancelled.code
  return OF_THE_INPUT.has(code) ? EXIT.badInput.code : EXIT.failed.code
}
