import type { AgentState } from '../state/agent.ts'
import { unsettledCalls } from '../state/messages.ts'
import { isOpen, type TaskLedger } from '../state/task-ledger.ts'
import type { Wait } from '../state/waits.ts'

export interface PendingWait extends Wait {
  readonly callId: string
}

/** The calls of the present step that wait for background tasks. */
export function pendingWaits({ messages, waits }: Pick<AgentState, 'messages' | 'waits'>): PendingWait[] {
  return unsettledCalls(messages).flatMap(({ id }) => {
    const wait = waits[id!]
    return wait ? [{ ...wait, callId: id! }] : []
  })
}

/** What was waited for is there, or can never be: nothing of it is open. Unknown ids are not waited for. */
export function isReached({ ids, until }: Wait, ledger: TaskLedger): boolean {
  const known = ids.flatMap((id) => ledger[id] ?? [])
  const open = known.filter(isOpen)
  return open.length === 0 || (until === 'any' && open.length < known.length)
}

/** Its time is over. */
export function isLate({ timeoutMs, spentMs }: Wait): boolean {
  return timeoutMs !== undefined && spentMs >= timeoutMs
}

/** When, by the clock, the first of them is over, if nothing comes before. */
export function deadlineOf(waits: readonly Wait[], now: number): number | undefined {
  const left = waits.flatMap(({ timeoutMs, spentMs }) => (timeoutMs === undefined ? [] : [timeoutMs - spentMs]))
  return left.length > 0 ? now + Math.min(...left) : undefined
}
