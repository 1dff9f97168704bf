import type { LangGraphRunnableConfig } from '@langchain/langgraph'
import { Command } from '@langchain/langgraph'
import type { Call } from '../state/calls.ts'
import { type Context, worldOf } from '../state/context.ts'
import { resultMessage } from './results.ts'

/** What a task of `act` is sent: one call, and where the graph goes on. The state itself is not sent along. */
export interface Act {
  readonly call: Call
  readonly next: 'think' | 'settle'
}

/** Run one allowed call. Each call is a task of its own, so its result is kept when a sibling fails. */
export async function act({ call, next }: Act, run: LangGraphRunnableConfig<Context>) {
  run.signal?.throwIfAborted()
  const { tools, emit, workspace, threadId, outputs, clock } = worldOf(run)
  emit({ type: 'tool.started', toolCallId: call.id, tool: call.name, args: call.args })
  const result = await tools.run(call, {
    signal: run.signal ?? NEVER,
    workspace,
    threadId,
    outputs,
    clock,
    progress: (text) => emit({ type: 'tool.progress', toolCallId: call.id, text })
  })
  const message = resultMessage(call, result)
  emit({ type: 'tool.finished', toolCallId: call.id, tool: call.name, ok: result.ok, output: message.text })
  return new Command({ update: { ...(result.ok && result.update), messages: [message] }, goto: next })
}

const NEVER = new AbortController().signal
