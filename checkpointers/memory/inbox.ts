import type { WaitingLetter } from '../../state/inbox.ts'
import type { Journal } from '../../state/journal.ts'
import type { Writes } from '../writes.ts'

/** `sent` has the root of each letter's tree, also after it was taken: a letter sent again is known. */
export function inboxRows(sent: Map<string, string>) {
  const waiting = new Map<string, WaitingLetter>()

  const writes = {
    letter({ letter }) {
      if (sent.has(letter.id)) return false
      sent.set(letter.id, letter.rootThreadId)
      waiting.set(letter.id, { ...letter, begun: false })
      return true
    },
    'letter.begun'({ letterId }) {
      const letter = waiting.get(letterId)
      if (letter) waiting.set(letterId, { ...letter, begun: true })
      return letter !== undefined
    }
  } satisfies Partial<Writes<boolean>>

  const rows = {
    send: async (letter) => writes.letter({ letter }),
    async letters(rootThreadId) {
      return structuredClone([...waiting.values()].filter((letter) => letter.rootThreadId === rootThreadId))
    },
    takeLetter: async (letterId) => waiting.delete(letterId)
  } satisfies Partial<Journal>
  return { rows, writes, waiting }
}
