import type { OutputPort, ToolRun } from '../../state/context.ts'

/** Outputs kept in memory, whole, by thread and call. */
export function memoryOutputs(): OutputPort {
  const texts = new Map<string, string>()
  return {
    put: async ({ threadId, toolCallId, text }) => void texts.set(`${threadId} ${toolCallId}`, text),
    get: async ({ threadId, toolCallId }) => texts.get(`${threadId} ${toolCallId}`)
  }
}

/** One run of a tool that nobody stops. */
export function toolRun(given: Partial<ToolRun> = {}): ToolRun {
  return {
    signal: new AbortController().signal,
    workspace: undefined,
    threadId: 'thread',
    outputs: memoryOutputs(),
    clock: { now: () => 0 },
    idempotencyKey: 'thread:call',
    principal: null,
    progress: () => {},
    ...given
  }
}
