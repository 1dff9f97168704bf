import { RuntimeError } from '../state/errors.ts'

/** The refusal that a writer meets who goes on with a thread after it was deleted. */
export function threadDeleted(threadId: string, cause?: unknown): RuntimeError {
  return new RuntimeError('THREAD_DELETED', `nothing was written on thread ${threadId}: it was deleted meanwhile`, {
    cause
  })
}
