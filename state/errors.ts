import { z } from 'zod'

/** Every code has a page, docs/errors/<code>.md. */
export const ERROR_CODES = [
  'ASK_DECIDED',
  'ASK_STALE',
  'BAD_ARGUMENTS',
  'BAD_CHARTER',
  'BAD_DECISION',
  'BAD_HOOKS',
  'BAD_POLICY',
  'BAD_STORE',
  'BAD_WORKER',
  'BUDGET_EXCEEDED',
  'DEPTH_LIMIT',
  'EVENTS_PRUNED',
  'GRANT_REVOKED',
  'HOOKS_UNTRUSTED',
  'HOOK_BLOCKED',
  'LABEL_TAKEN',
  'LEASE_LOST',
  'MCP_AUTH_NEEDED',
  'MCP_UNAVAILABLE',
  'MCP_UNREVIEWED',
  'MODEL_FAILED',
  'MODEL_MISSING',
  'NOTHING_TO_UNDO',
  'NO_WORLD',
  'OUTCOME_UNKNOWN',
  'REPLAY_MISS',
  'RESPONSE_TOO_LARGE',
  'RUN_CANCELLED',
  'RUN_FAILED',
  'SANDBOX_MISSING',
  'SNAPSHOT_FAILED',
  'STEP_LIMIT',
  'STORE_UNAVAILABLE',
  'TASK_ENDED',
  'TASK_EXPIRED',
  'THREAD_ASKING',
  'THREAD_BUSY',
  'THREAD_DELETED',
  'THREAD_REWOUND',
  'TIME_LIMIT',
  'TOOL_FAILED',
  'TOOL_TIMEOUT',
  'UNKNOWN_AGENT',
  'UNKNOWN_ASK',
  'UNKNOWN_CHECKPOINT',
  'UNKNOWN_GRANT',
  'UNKNOWN_LABEL',
  'UNKNOWN_MESSAGE',
  'UNKNOWN_SNAPSHOT',
  'UNKNOWN_TASK',
  'UNKNOWN_THREAD',
  'UNKNOWN_TOOL',
  'UNREDUCED_FIELD',
  'URL_REFUSED',
  'WIDTH_LIMIT',
  'WORKSPACE_ESCAPE',
  'WORKSPACE_MISSING'
] as const

export const ErrorCode = z.enum(ERROR_CODES)
export type ErrorCode = z.infer<typeof ErrorCode>

/** An expected failure as data: what a model or a person reads, what a checkpoint keeps. */
export const Failure = z.object({
  code: ErrorCode,
  message: z.string(),
  /** What was done until then, where there is anything to show. */
  partial: z.string().exactOptional()
})
export type Failure = z.infer<typeof Failure>

/** Everything we throw on purpose. Callers branch on `code`, never on the message. */
export class RuntimeError extends Error {
  override readonly name = 'RuntimeError'
  readonly code: ErrorCode

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/** Turns whatever was thrown into a failure; `code` is for what carries none of ours. */
export function failureOf(thrown: unknown, code: ErrorCode): Failure {
  if (thrown instanceof RuntimeError) return { code: thrown.code, message: thrown.message }
  return { code, message: messageOf(thrown) }
}

/** The words of whatever was thrown, also where it has none. */
export function messageOf(thrown: unknown): string {
  if (thrown instanceof Error) return thrown.message
  try {
    return String(thrown)
  } catch {
    return 'something was thrown that has no words'
  }
}

/** Makes a switch exhaustive: a new variant no longer compiles until it is understood. */
export function unreachable(value: never): never {
  throw new TypeError(`unhandled variant: ${JSON.stringify(value)}`)
}
