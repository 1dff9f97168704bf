import type { Label } from '../../state/marks.ts'
import { serializer } from '../serializer.ts'
import type { Store, StoreOptions } from '../store.ts'
import { memoryJournal } from './journal.ts'
import { KeptInMemory } from './saver.ts'

/** A store that ends with the process. */
export function openMemory({ holder, key }: StoreOptions): Store {
  const labels = new Map<string, Label>()
  const saver = new KeptInMemory(serializer({ key }), { labels })
  return { saver, journal: memoryJournal({ labels, saver }), holder, url: 'memory:', close: async () => {} }
}
