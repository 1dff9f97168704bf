import type { Ask } from '../../state/asks.ts'
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
