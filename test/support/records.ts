import type { Ask } from '../../state/asks.ts'
import type { CallRecord } from '../../state/call-records.ts'
import type { AgentEvent, EventBody, EventOrigin } from '../../state/events.ts'
import type { Letter } from '../../state/inbox.ts'
import type { ThreadRecord } from '../../state/threads.ts'

export function aThread(threadId: string, fields: Partial<ThreadRecord> = {}): ThreadRecord {
  return {
    threadId,
    rootThreadId: 'root',
    parentThreadId: 'root',
    taskId: 'call-1',
    agent: 'coder',
    path: 'lead/coder',
    task: 'mend it',
    background: false,
    workspace: '/tmp/work',
    status: 'running',
    createdAt: 1,
    updatedAt: 1,
    ...fields
  }
}

export function anAsk(id: string, fields: Partial<Ask> = {}): Ask {
  return {
    id,
    kind: 'permission',
    path: 'lead/coder',
    threadId: 'thread-1',
    toolCallId: 'call-1',
    tool: 'shell',
    args: { command: 'npm test' },
    argsHash: 'abc',
    reason: 'the remit says ask',
    ...fields
  }
}

type StartedCall = Extract<CallRecord, { status: 'started' }>

export function aCall(toolCallId: string, fields: Partial<StartedCall> = {}): Omit<StartedCall, 'status'> {
  return {
    threadId: 'thread-1',
    toolCallId,
    rootThreadId: 'root',
    tool: 'shell',
    effect: 'once',
    argsHash: 'abc',
    startedAt: 1,
    ...fields
  }
}

export function aLetter(id: string, fields: Partial<Letter> = {}): Letter {
  return { id, rootThreadId: 'root', threadId: 'thread-1', kind: 'steer', text: 'look again', sentAt: 1, ...fields }
}

interface EventFields extends Partial<EventOrigin> {
  body?: EventBody
}

export function anEvent(seq: number, { body, ...fields }: EventFields = {}): AgentEvent {
  const origin = { seq, at: 1, path: 'lead', threadId: 'thread-1', rootThreadId: 'root', runId: 'run-1', ...fields }
  return { ...origin, ...(body ?? { type: 'turn.started', agent: 'lead' }) }
}
