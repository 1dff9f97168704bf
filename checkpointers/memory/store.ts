import { MemorySaver } from '@langchain/langgraph-checkpoint'
import { serializer } from '../serializer.ts'
import type { Store, StoreOptions } from '../store.ts'
import { memoryJournal } from './journal.ts'

/** A store that ends with the process. */
export function openMemory({ holder, key }: StoreOptions): Store {
  const saver = new MemorySaver(serializer({ key }))
  return { saver, journal: memoryJournal(), holder, url: 'memory:', close: async () => {} }
}
