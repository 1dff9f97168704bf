import { ToolMessage } from '@langchain/core/messages'
import type { ErrorCode, Failure } from '../state/errors.ts'
import type { Task } from '../state/task-ledger.ts'
import type { ToolResult } from '../state/tool-result.ts'

type Caller = { id: string; name: string }

/** The message that answers a call with what became of it. */
export function resultMessage(call: Caller, result: ToolResult): ToolMessage {
  if (result.ok) {
    const { output: content, untrusted } = result
    return new ToolMessage({ tool_call_id: call.id, name: call.name, content, ...markOf(untrusted) })
  }
  return refusal(call, result.error, result.untrusted)
}

function markOf(untrusted: string | undefined) {
  return untrusted === undefined ? {} : { additional_kwargs: { untrusted } }
}

/** The message that answers a call which did not run, or not to its end. */
export function refusal(
  call: Caller,
  { code, message }: { code: ErrorCode | 'DENIED' | 'REJECTED'; message: string },
  untrusted?: string
): ToolMessage {
  const content = `${code}: ${message}`
  return new ToolMessage({ tool_call_id: call.id, name: call.name, status: 'error', content, ...markOf(untrusted) })
}

function withPartial({ code, message, partial }: Failure): { code: ErrorCode; message: string } {
  return { code, message: partial ? `${message}\nWhat it had until then:\n${partial}` : message }
}

/** The message that tells a parent how a task went; none while it is open. */
export function reportMessage(task: Task): ToolMessage[] {
  const call = { id: task.id, name: 'delegate' }
  switch (task.status) {
    case 'completed':
      return [resultMessage(call, { ok: true, output: task.result })]
    case 'failed':
      return [refusal(call, withPartial(task.error))]
    case 'cancelled':
      return [refusal(call, { code: 'RUN_CANCELLED', message: task.reason })]
    default:
      return []
  }
}
