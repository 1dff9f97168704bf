// What really happens in the lives of unruly agents, counted: a proof in which something never came to pass proves nothing of it.
import { type AIMessage, type BaseMessage, isAIMessage, isToolMessage } from '@langchain/core/messages'
import { assert } from 'vitest'
import type { Store } from '../../checkpointers/store.ts'
import type { AgentEvent } from '../../state/events.ts'

/** What has really happened, over all lives that were given the same tally. */
export type Tally = Record<(typeof HAPPENINGS)[number], number>

export const HAPPENINGS = [
  'lists checked',
  'throws',
  'timeouts',
  'malformed arguments',
  'unknown tools',
  'rejected calls',
  'approved calls',
  'edited calls',
  'threads with mixed decisions',
  'blank results',
  'blank replies',
  'reused call ids',
  'delegations',
  'cancels under way',
  'cancels at rest',
  'crashes',
  'recovered trees',
  'calls of unknown outcome',
  'compacted threads',
  'steering messages',
  'messages after a cancel',
  'messages after a failure',
  'messages after completion',
  'messages while asking'
] as const

export function emptyTally(): Tally {
  return Object.fromEntries(HAPPENINGS.map((happening) => [happening, 0])) as Tally
}

const FAILURES_MEANT = ['STEP_LIMIT', 'MODEL_FAILED']

/** Counts what a tree has kept of its life. */
export async function counted({ journal, saver }: Store, { threadId, tally }: { threadId: string; tally: Tally }) {
  const events = await journal.eventsOf(threadId, { after: 0, limit: 10_000 })
  for (const event of events) countEvent(event, tally)
  for (const thread of await journal.threadsOf(threadId)) {
    const tuple = await saver.getTuple({ configurable: { thread_id: thread.threadId, checkpoint_ns: '' } })
    const values = tuple?.checkpoint.channel_values ?? {}
    if (values.viewFrom !== undefined) tally['compacted threads']++
    countMessages((values.messages ?? []) as BaseMessage[], tally)
  }
}

function countEvent(event: AgentEvent, tally: Tally): void {
  if (event.type === 'task.started') tally.delegations++
  if (event.type === 'ask.decided' && event.decision.kind === 'approve') tally['approved calls']++
  if (event.type === 'ask.decided' && event.decision.kind === 'edit') tally['edited calls']++
  if (event.type !== 'turn.finished' || event.outcome.status !== 'failed') return
  assert.include(FAILURES_MEANT, event.outcome.error.code, event.outcome.error.message)
}

const RESULTS = [
  ['throws', /^TOOL_FAILED/],
  ['timeouts', /^TOOL_TIMEOUT/],
  ['malformed arguments', /^BAD_ARGUMENTS: the arguments are no JSON/],
  ['unknown tools', /^BAD_ARGUMENTS: there is no tool/],
  ['rejected calls', /^REJECTED/],
  ['calls of unknown outcome', /^OUTCOME_UNKNOWN/],
  ['blank results', /^\s*$/]
] as const

function countMessages(messages: readonly BaseMessage[], tally: Tally): void {
  const ids = messages.flatMap((message) =>
    isAIMessage(message) ? (message.tool_calls ?? []).map(({ id }) => id) : []
  )
  assert.equal(new Set(ids).size, ids.length, 'a call has an id of its own in all of its thread')
  for (const message of messages) {
    if (isToolMessage(message))
      for (const [happening, pattern] of RESULTS) if (pattern.test(message.text)) tally[happening]++
    const isLast = isAIMessage(message) && !message.tool_calls?.length
    if (isLast && message.text.trim() === '') tally['blank replies']++
  }
}

export function callIdsOf({ tool_calls = [] }: AIMessage): string[] {
  return tool_calls.map(({ id }) => id!)
}
