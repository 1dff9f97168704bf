import type { CallRecord, CallStart } from '../../state/call-records.ts'
import type { AgentEvent } from '../../state/events.ts'
import type { Journal, Kept, RowWrite } from '../../state/journal.ts'

/** Appends events of one tree that have their numbers already. */
export async function appendEvents(
  journal: Pick<Journal, 'append'>,
  events: readonly AgentEvent[],
  { keep }: { keep?: number } = {}
): Promise<Kept[]> {
  const [first] = events
  const entries = events.map(({ seq: _, threadSeq: _threadSeq, ...event }) => ({ event }))
  const rootThreadId = first?.rootThreadId ?? 'root'
  return [...(await journal.append(entries, { rootThreadId, after: (first?.seq ?? 1) - 1, keep }))]
}

/** Writes rows without events; tells which were new. */
export async function writeRows(journal: Journal, ...rows: readonly RowWrite[]): Promise<boolean[]> {
  const entries = rows.map((row) => ({ row }))
  return (await journal.append(entries, { rootThreadId: 'root', after: 0 })).map(({ isNew }) => isNew)
}

/** Undefined where the call is new; what is known of it where it is not. */
export async function beginCall(journal: Journal, call: CallStart): Promise<CallRecord | undefined> {
  const [isNew] = await writeRows(journal, { kind: 'call.begun', call })
  return isNew ? undefined : journal.call(call)
}

export async function finishCall(
  journal: Journal,
  finished: Omit<Extract<RowWrite, { kind: 'call.finished' }>, 'kind'>
): Promise<boolean> {
  const [isNew] = await writeRows(journal, { kind: 'call.finished', ...finished })
  return isNew!
}
