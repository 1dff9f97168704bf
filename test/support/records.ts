import type { Ask } from '../../state/asks.ts'
import type { Branch, Repeat } from '../../state/branches.ts'
import type { CallStart } from '../../state/call-records.ts'
import type { AgentEvent, EventBody, EventOrigin } from '../../state/events.ts'
import type { Grant } from '../../state/grants.ts'
import type { Letter } from '../../state/inbox.ts'
import type { Label, Mark } from '../../state/marks.ts'
import type { ThreadRecord } from '../../state/threads.ts'

export function aThread(threadId: string, fields: Partial<ThreadRecord> = {}): ThreadRecord {
  return {
    threadId,
    rootThreadId: 'root',
    parentThreadId: 'root',
    principal: null,
    taskId: 'call-1',
    agent: 'coder',
    path: 'lead/coder',
    task: 'mend it',
    background: false,
    workspace: '/tmp/work',
    policy: null,
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

export function aGrant(id: string, fields: Partial<Grant> = {}): Grant {
  return {
    id,
    rootThreadId: 'root',
    threadId: 'thread-1',
    path: 'lead/coder',
    tool: 'shell',
    argsHash: 'abc',
    scope: 'session',
    turn: 'message-1',
    grantedAt: 1,
    expiresAt: null,
    revokedAt: null,
    ...fields
  }
}

export function aCall(toolCallId: string, fields: Partial<CallStart> = {}): CallStart {
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

export function aMark(checkpointId: string, fields: Partial<Mark> = {}): Mark {
  return {
    threadId: 'thread-1',
    checkpointId,
    rootThreadId: 'root',
    parentCheckpointId: null,
    agent: 'coder',
    path: 'lead/coder',
    step: 0,
    source: 'loop',
    nodes: ['think'],
    next: ['act'],
    messages: 2,
    last: 'on it',
    at: 1,
    ...fields
  }
}

export function aLabel(name: string, fields: Partial<Label> = {}): Label {
  return { rootThreadId: 'root', name, threadId: 'thread-1', checkpointId: 'c1', labelledAt: 1, ...fields }
}

export function aBranch(rootThreadId: string, fields: Partial<Branch> = {}): Branch {
  return {
    rootThreadId,
    fromRootThreadId: 'root',
    fromThreadId: 'thread-1',
    fromCheckpointId: 'c1',
    replaces: null,
    branchedAt: 1,
    ...fields
  }
}

export function aRepeat(toolCallId: string, fields: Partial<Repeat> = {}): Repeat {
  return {
    rootThreadId: 'root',
    threadId: 'thread-1',
    toolCallId,
    path: 'lead/coder',
    tool: 'shell',
    effect: 'once',
    argsHash: 'abc',
    startedAt: 1,
    accepted: false,
    ...fields
  }
}

interface EventFields extends Partial<EventOrigin> {
  body?: EventBody
}

export function anEvent(seq: number, { body, ...fields }: EventFields = {}): AgentEvent {
  const origin = {
    seq,
    threadSeq: seq,
    at: 1,
    path: 'lead',
    threadId: 'thread-1',
    rootThreadId: 'root',
    runId: 'run-1',
    ...fields
  }
  return { ...origin, ...(body ?? { type: 'turn.started', agent: 'lead' }) }
}
