import { RuntimeError } from '../state/errors.ts'

/** The refusal for a thread that is not there; for one of another principal it is the same, word for word. */
export function unknownThread(threadId: string): RuntimeError {
  return new RuntimeError('UNKNOWN_THREAD', `no thread ${threadId} in this store`)
}
