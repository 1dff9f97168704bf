import { MemorySaver } from '@langchain/langgraph-checkpoint'
import type { Store } from '../store.ts'
import { memoryJournal } from './journal.ts'

/** A store that ends with the process. */
export function openMemory({ holder }: { holder: string }): Store {
  return { saver: new MemorySaver(), journal: memoryJournal(), holder, url: 'memory:', close: async () => {} }
}
