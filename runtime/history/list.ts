import type { BaseMessage } from '@langchain/core/messages'
import type { BaseCheckpointSaver } from '@langchain/langgraph'
import type { Agent } from '../agent.ts'

/** One checkpoint of a thread, newest first in a list. */
export interface HistoryEntry {
  readonly checkpointId: string
  readonly parentCheckpointId: string | undefined
  /** ISO 8601. */
  readonly createdAt: string
  /** LangGraph's count of supersteps; -1 for the input. */
  readonly step: number
  readonly source: string
  /** The nodes that come next from here; none where the turn was over. */
  readonly next: readonly string[]
  readonly messages: number
  /** The beginning of the last message. */
  readonly last: string
}

export async function historyOf(
  agent: Agent,
  { threadId, saver, limit }: { threadId: string; saver: BaseCheckpointSaver; limit: number }
): Promise<HistoryEntry[]> {
  const config = { configurable: { thread_id: threadId, __pregel_checkpointer: saver } }
  const entries: HistoryEntry[] = []
  for await (const state of agent.graph.getStateHistory(config, { limit })) {
    const messages = (state.values as { messages?: BaseMessage[] } | undefined)?.messages ?? []
    entries.push({
      checkpointId: String(state.config.configurable?.checkpoint_id),
      parentCheckpointId: state.parentConfig?.configurable?.checkpoint_id as string | undefined,
      createdAt: state.createdAt ?? '',
      step: state.metadata?.step ?? -1,
      source: state.metadata?.source ?? '',
      next: state.next,
      messages: messages.length,
      last: messages.at(-1)?.text.slice(0, 120) ?? ''
    })
  }
  return entries
}
