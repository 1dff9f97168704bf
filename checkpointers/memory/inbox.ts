import type { Letter } from '../../state/inbox.ts'
import type { Journal } from '../../state/journal.ts'

/** `sent` has the root of each letter's tree, also after it was taken: a letter sent again is known. */
export function inboxRows(sent: Map<string, string>) {
  const waiting = new Map<string, Letter>()

  return {
    async send(letter) {
      if (sent.has(letter.id)) return false
      sent.set(letter.id, letter.rootThreadId)
      waiting.set(letter.id, { ...letter })
      return true
    },
    async letters(rootThreadId) {
      return structuredClone([...waiting.values()].filter((letter) => letter.rootThreadId === rootThreadId))
    },
    takeLetter: async (letterId) => waiting.delete(letterId)
  } satisfies Partial<Journal>
}
