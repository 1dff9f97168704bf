import { type BaseMessage, HumanMessage } from '@langchain/core/messages'
import type { InboxPort } from '../state/context.ts'
import type { InboxRows } from '../state/journal.ts'
import type { ThreadRecord } from '../state/threads.ts'

/**
 * What was sent to a thread while it is at work. A letter becomes a message with the letter's id, and leaves the inbox when
 * a checkpoint has that message: so it is read exactly once, whenever the process dies.
 */
export function inboxOf({ threadId, rootThreadId }: ThreadRecord, journal: InboxRows): InboxPort {
  return {
    async steering(messages: readonly BaseMessage[]) {
      const letters = (await journal.letters(rootThreadId)).filter(
        (letter) => letter.kind === 'steer' && letter.threadId === threadId
      )
      if (letters.length === 0) return []
      const present = new Set(messages.map(({ id }) => id))
      for (const { id } of letters) if (present.has(id)) await journal.takeLetter(id)
      return letters
        .filter(({ id }) => !present.has(id))
        .map(({ id, text }) => new HumanMessage({ id, content: text, additional_kwargs: { steer: true } }))
    }
  }
}
