import { isAIMessage } from '@langchain/core/messages'
import type { AgentRuntime } from '../../runtime/agent-runtime.ts'
import type { AgentState } from '../../state/agent.ts'

export interface BranchPoint {
  readonly checkpointId: string
  readonly moment: string
}

/**
 * The checkpoint at which the lead was about to have the fault fixed: from there another attempt starts with all that was
 * found out. Where it never came to that, the one before its first thought.
 */
export async function branchPoint(runtime: AgentRuntime, threadId: string): Promise<BranchPoint | undefined> {
  const { messages = [] } = (await runtime.getSnapshot(threadId)).values as Partial<AgentState>
  const fix = messages.findIndex(
    (message) => isAIMessage(message) && message.tool_calls?.some(({ args }) => args.agent === 'coder')
  )
  const aboutToThink = (await runtime.history(threadId, { limit: 10_000 })).filter(({ next }) => next.includes('think'))
  const beforeFix = aboutToThink.find((entry) => entry.messages === fix)
  if (beforeFix) return { checkpointId: beforeFix.checkpointId, moment: 'from before the fix was delegated' }
  const first = aboutToThink.at(-1)
  return first && { checkpointId: first.checkpointId, moment: 'from the beginning' }
}
