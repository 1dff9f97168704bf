import type { CallStart, Effect } from '../state/call-records.ts'
import type { Call } from '../state/calls.ts'
import type { CallLog, Clock } from '../state/context.ts'
import type { EventBody } from '../state/events.ts'
import type { CallRows, RowWrite } from '../state/journal.ts'
import type { ThreadRecord } from '../state/threads.ts'

export interface CallLogParts {
  readonly journal: CallRows
  readonly clock: Clock
  emit(body: EventBody): void
  keep(entry: { row: RowWrite; body?: EventBody }): Promise<boolean>
}

/** The record of the calls of one thread. One that changes nothing is only told of, until it fails for a moment. */
export function callLog({ threadId, rootThreadId }: ThreadRecord, parts: CallLogParts): CallLog {
  const { journal, clock, emit, keep } = parts

  const startOf = ({ id, name }: Call, as: { effect: Effect; argsHash: string }): CallStart => {
    const { effect, argsHash } = as
    return { threadId, rootThreadId, toolCallId: id, tool: name, effect, argsHash, startedAt: clock.now() }
  }

  return {
    async begin(call, as) {
      const { id: toolCallId, name: tool, args } = call
      const body: EventBody = { type: 'tool.started', toolCallId, tool, args }
      if (as.effect === 'read') return void emit(body)
      const isNew = await keep({ row: { kind: 'call.begun', call: startOf(call, as) }, body })
      return isNew ? undefined : journal.call({ threadId, toolCallId })
    },

    async finish({ id: toolCallId, name: tool }, { effect, result, output }) {
      const body: EventBody = { type: 'tool.finished', toolCallId, tool, ok: result.ok, output }
      if (effect === 'read') return emit(body)
      await keep({ row: { kind: 'call.finished', threadId, toolCallId, result, at: clock.now() }, body })
    },

    async failed(call, as) {
      await keep({ row: { kind: 'call.failed', call: startOf(call, as) } })
      return (await journal.call({ threadId, toolCallId: call.id }))?.failures ?? 1
    }
  }
}
