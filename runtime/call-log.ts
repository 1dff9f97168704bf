import type { CallLog, Clock } from '../state/context.ts'
import type { EventBody } from '../state/events.ts'
import type { CallRows, RowWrite } from '../state/journal.ts'
import type { ThreadRecord } from '../state/threads.ts'

export interface CallLogParts {
  readonly journal: CallRows
  readonly clock: Clock
  emit(body: EventBody): void
  keep(entry: { row: RowWrite; body: EventBody }): Promise<boolean>
}

/** The record of the calls of one thread. One that changes nothing is only told of. */
export function callLog(
  { threadId, rootThreadId }: ThreadRecord,
  { journal, clock, emit, keep }: CallLogParts
): CallLog {
  return {
    async begin({ id: toolCallId, name: tool, args }, { effect, argsHash }) {
      const body: EventBody = { type: 'tool.started', toolCallId, tool, args }
      if (effect === 'read') return void emit(body)
      const call = { threadId, rootThreadId, toolCallId, tool, effect, argsHash, startedAt: clock.now() }
      const isNew = await keep({ row: { kind: 'call.begun', call }, body })
      return isNew ? undefined : journal.call({ threadId, toolCallId })
    },

    async finish({ id: toolCallId, name: tool }, { effect, result, output }) {
      const body: EventBody = { type: 'tool.finished', toolCallId, tool, ok: result.ok, output }
      if (effect === 'read') return emit(body)
      await keep({ row: { kind: 'call.finished', threadId, toolCallId, result, at: clock.now() }, body })
    }
  }
}
