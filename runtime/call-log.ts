import type { CallLog, Clock } from '../state/context.ts'
import type { CallRows } from '../state/journal.ts'
import type { ThreadRecord } from '../state/threads.ts'

/** The record of the calls of one thread. */
export function callLog(
  { threadId, rootThreadId }: ThreadRecord,
  { journal, clock }: { journal: CallRows; clock: Clock }
): CallLog {
  return {
    begin: ({ id: toolCallId, name: tool }, as) =>
      journal.beginCall({ threadId, rootThreadId, toolCallId, tool, ...as, startedAt: clock.now() }),
    finish: (call, result) => journal.finishCall({ threadId, toolCallId: call.id, result, at: clock.now() })
  }
}
