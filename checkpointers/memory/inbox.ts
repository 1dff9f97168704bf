import type { Letter } from '../../state/inbox.ts'
import type { Journal } from '../../state/journal.ts'

export function inboxRows() {
  const sent = new Set<string>()
  const waiting = new Map<string, Letter>()

  return {
    async send(letter) {
      if (sent.has(letter.id)) return false
      sent.add(letter.id)
      waiting.set(letter.id, { ...letter })
      return true
    },
    async letters(rootThreadId) {
      return structuredClone([...waiting.values()].filter((letter) => letter.rootThreadId === rootThreadId))
    },
    takeLetter: async (letterId) => waiting.delete(letterId)
  } satisfies Partial<Journal>
}
