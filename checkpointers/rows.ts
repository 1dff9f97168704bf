// How records lie in a row of either database. Free text is kept as JSON, like values: a text column of Postgres takes no
// NUL, and UTF-8 no lone surrogate, while a tool's output and a person's words may hold both. An encrypted store hides what is said
// to be hidden of a row; what is asked for in SQL cannot be.
import { z } from 'zod'
import { AskRecord } from '../state/asks.ts'
import { Branch, Repeat } from '../state/branches.ts'
import { Budget, type BudgetLimit } from '../state/budget.ts'
import { CallRecord } from '../state/call-records.ts'
import { AgentEvent } from '../state/events.ts'
import { Grant } from '../state/grants.ts'
import { WaitingLetter } from '../state/inbox.ts'
import type { ThreadUsage } from '../state/journal.ts'
import { Lease } from '../state/leases.ts'
import { Label, PlacedMark } from '../state/marks.ts'
import { TreePolicy } from '../state/policy.ts'
import { ThreadRecord } from '../state/threads.ts'
import { Usage } from '../state/usage.ts'
import type { RowKind, RowReader } from './row-reader.ts'

/** JSON that keeps the key of an undefined value, as null: the schemas ask for the key. */
export function toJson(value: unknown): string {
  return JSON.stringify(value, (_key, member) => (member === undefined ? null : member))
}

const Json = z.string().transform((text): unknown => JSON.parse(text))
const Text = Json.pipe(z.string())

const ThreadRow = ThreadRecord.extend({
  task: Text,
  background: z.coerce.boolean(),
  untrusted: z.string().nullable(),
  policy: Json.pipe(TreePolicy).nullable()
}).transform(({ untrusted, ...thread }) => ({ ...thread, ...(untrusted !== null && { untrusted }) }))
const AskRow = z.looseObject({ ask: Json, decision: Json.nullable(), by: Json.nullable() })
const OutputRow = z.object({ text: Text })
const CallRow = z.looseObject({ result: Json.nullable() })
const LetterRow = WaitingLetter.extend({ text: Text, begun: z.coerce.boolean() })
const UsageRow = z.looseObject({ threadId: z.string(), workedMs: z.number(), turnMs: z.number() })
const CapRow = z.object({ limit: Budget.keyof(), cap: z.number() })
const MarkRow = PlacedMark.extend({ nodes: Json, next: Json, last: Text })
const RepeatRow = Repeat.extend({ accepted: z.coerce.boolean() })
const EventRow = z.looseObject({ event: Json.pipe(z.looseObject({})) })

export const THREADS: RowKind<ThreadRecord> = {
  table: 'deputy_threads',
  key: ['threadId'],
  hidden: ['task', 'policy'],
  parse: (row) => ThreadRow.parse(row)
}
export const ASKS: RowKind<AskRecord> = {
  table: 'deputy_asks',
  key: ['id'],
  hidden: ['ask', 'decision', 'by'],
  parse: (row) => AskRecord.parse(AskRow.parse(row))
}
export const GRANTS: RowKind<Grant> = {
  table: 'deputy_grants',
  key: ['id'],
  hidden: ['argsHash'],
  parse: (row) => Grant.parse(row)
}
export const OUTPUTS: RowKind<string> = {
  table: 'deputy_outputs',
  key: ['threadId', 'toolCallId'],
  hidden: ['text'],
  parse: (row) => OutputRow.parse(row).text
}
export const LEASES: RowKind<Lease> = {
  table: 'deputy_leases',
  key: ['rootThreadId'],
  parse: (row) => Lease.parse(row)
}
export const CALLS: RowKind<CallRecord> = {
  table: 'deputy_calls',
  key: ['threadId', 'toolCallId'],
  hidden: ['argsHash', 'result'],
  parse: (row) => CallRecord.parse(CallRow.parse(row))
}
export const LETTERS: RowKind<WaitingLetter> = {
  table: 'deputy_letters',
  key: ['id'],
  hidden: ['text'],
  parse: (row) => LetterRow.parse(row)
}
export const EVENTS: RowKind<AgentEvent> = {
  table: 'deputy_events',
  key: ['rootThreadId', 'seq'],
  hidden: ['event'],
  parse: eventOf
}

export const USAGE: RowKind<ThreadUsage> = {
  table: 'deputy_usage',
  key: ['rootThreadId', 'threadId'],
  parse(row) {
    const { threadId, workedMs, turnMs, ...usage } = UsageRow.parse(row)
    return { threadId, usage: Usage.parse(usage), workedMs, turnMs }
  }
}

export const CAPS: RowKind<[BudgetLimit, number]> = {
  table: 'deputy_caps',
  key: ['rootThreadId', 'limit'],
  parse(row) {
    const { limit, cap } = CapRow.parse(row)
    return [limit, cap]
  }
}

export const MARKS: RowKind<PlacedMark> = {
  table: 'deputy_marks',
  key: ['threadId', 'checkpointId'],
  hidden: ['last'],
  parse: (row) => PlacedMark.parse(MarkRow.parse(row))
}

export const LABELS: RowKind<Label> = {
  table: 'deputy_labels',
  key: ['rootThreadId', 'name'],
  parse: (row) => Label.parse(row)
}

export const BRANCHES: RowKind<Branch> = {
  table: 'deputy_branches',
  key: ['rootThreadId'],
  parse: (row) => Branch.parse(row)
}

export const REPEATS: RowKind<Repeat> = {
  table: 'deputy_repeats',
  key: ['rootThreadId', 'threadId', 'toolCallId'],
  hidden: ['argsHash'],
  parse: (row) => RepeatRow.parse(row)
}

/** What the row of a thread keeps of what is said of its tree. */
export function policyText(
  thread: Pick<ThreadRecord, 'threadId' | 'policy'>,
  { close }: Pick<RowReader, 'close'>
): string | null {
  return thread.policy && close(JSON.stringify(thread.policy), { of: THREADS, row: thread, column: 'policy' })
}

/** What an event's row keeps as JSON: all that has no column of its own. */
export function eventJson(event: AgentEvent): string {
  const { rootThreadId: _root, seq: _seq, threadId: _thread, threadSeq: _threadSeq, ...rest } = event
  return toJson(rest)
}

/** The ask that an event opens: while it is open, its row stays. */
export function askIdOf(event: AgentEvent): string | null {
  return event.type === 'ask.opened' ? event.ask.id : null
}

function eventOf(row: unknown): AgentEvent {
  const { event, ...place } = EventRow.parse(row)
  return AgentEvent.parse({ ...event, ...place })
}
