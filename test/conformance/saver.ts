import type { BaseCheckpointSaver } from '@langchain/langgraph-checkpoint'
import { deltaChannelHistoryTests, validate } from '@langchain/langgraph-checkpoint-validation'

export interface OpenSaver {
  readonly saver: BaseCheckpointSaver
  readonly close: () => Promise<void>
}

/**
 * LangGraph's own suite, and its separate one for the history of delta channels. `name` is the official package or class:
 * by it the suite knows which savers keep whole states instead of channel deltas, and skips that one test, saying so.
 */
export function describeSaver(name: string, open: () => Promise<OpenSaver>): void {
  const closers = new Map<BaseCheckpointSaver, () => Promise<void>>()
  const initializer = {
    checkpointerName: name,
    async createCheckpointer() {
      const { saver, close } = await open()
      closers.set(saver, close)
      return saver
    },
    async destroyCheckpointer(saver: BaseCheckpointSaver) {
      await closers.get(saver)?.()
      closers.delete(saver)
    }
  }
  validate(initializer)
  deltaChannelHistoryTests(initializer)
}
