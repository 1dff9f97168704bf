import type { Ask } from '../../../state/asks.ts'
import type { AgentEvent, EventBody } from '../../../state/events.ts'

/** Who speaks: a thread and where it stands. */
export const LEAD = { threadId: 'lead-1', path: 'lead' }
export const CODER = { threadId: 'coder-1', path: 'lead/coder' }
export const TESTER = { threadId: 'tester-1', path: 'lead/coder/tester' }

type Told = [from: { threadId: string; path: string }, body: EventBody, at?: number]

/** Events as a runtime numbers them; `at` in seconds. */
export function told(...all: Told[]): AgentEvent[] {
  return all.map(([from, body, at = 0], index) => ({
    seq: index + 1,
    threadSeq: all.slice(0, index + 1).filter(([{ threadId }]) => threadId === from.threadId).length,
    at: at * 1000,
    ...from,
    rootThreadId: 'lead-1',
    runId: 'run-1',
    ...body
  }))
}

export function asking(from: { threadId: string; path: string }, about: Partial<Ask> = {}): Ask {
  const { threadId, path } = from
  return {
    id: `ask-${threadId}`,
    kind: 'permission',
    threadId,
    path,
    toolCallId: 'call-1',
    tool: 'shell',
    args: { command: 'npm test' },
    argsHash: 'hash',
    reason: 'rule: ask shell',
    ...about
  }
}

export const started = (agent: string): EventBody => ({ type: 'turn.started', agent })
export const completed: EventBody = { type: 'turn.finished', outcome: { status: 'completed', text: 'done' } }
export const thinking: EventBody = { type: 'model.started' }
export const calls = (tool: string, args: Record<string, unknown>, toolCallId = 'call-1'): EventBody => ({
  type: 'tool.started',
  toolCallId,
  tool,
  args
})
export const replied = (input: number, output: number): EventBody => ({
  type: 'model.finished',
  text: '',
  calls: [],
  usage: { input, output, cached: 0, reasoning: 0, calls: 1 }
})
export const delegates = (agent: string, childThreadId: string): EventBody => ({
  type: 'task.started',
  taskId: `task-${childThreadId}`,
  agent,
  task: 'a task',
  childThreadId
})
