import { type BaseMessage, HumanMessage } from '@langchain/core/messages'
import type { InboxPort } from '../state/context.ts'
import type { Letter, WaitingLetter } from '../state/inbox.ts'
import type { InboxRows, ThreadRows } from '../state/journal.ts'
import { turnOf } from '../state/messages.ts'
import type { ThreadRecord } from '../state/threads.ts'

/**
 * What was sent to a thread while it is at work. A letter becomes a message with the letter's id, and leaves the inbox when
 * a checkpoint has that message: so it is read exactly once, whenever the process dies. A call to wrap up is for the turn
 * that it was sent in.
 */
export function inboxOf({ threadId, rootThreadId }: ThreadRecord, journal: InboxRows & ThreadRows): InboxPort {
  return {
    async steering(messages: readonly BaseMessage[]) {
      const mine = (await journal.letters(rootThreadId)).filter((letter) => letter.threadId === threadId)
      const letters = mine.filter(({ kind }) => STEERING.has(kind))
      if (letters.length === 0) return []
      const present = new Set(messages.map(({ id }) => id))
      const began = mine.findIndex(({ id }) => id === turnOf(messages))
      const isOld = (letter: WaitingLetter) =>
        present.has(letter.id) || (letter.kind === 'wrap-up' && mine.indexOf(letter) < began)
      for (const letter of letters) if (isOld(letter)) await journal.takeLetter(letter.id)
      const fresh = letters.filter((letter) => !isOld(letter))
      if (fresh.length === 0) return []
      // Looked up anew: what its parent has read by now came with the letter.
      const untrusted = (await journal.thread(threadId))?.untrusted
      return fresh.map((letter) => messageOf(letter, untrusted))
    }
  }
}

const STEERING: ReadonlySet<Letter['kind']> = new Set(['steer', 'follow-up', 'wrap-up'])

function messageOf({ id, kind, text }: Letter, untrusted: string | undefined): HumanMessage {
  const marks = { steer: true, ...(untrusted !== undefined && { untrusted }) }
  if (kind !== 'wrap-up') return new HumanMessage({ id, content: text, additional_kwargs: marks })
  return new HumanMessage({ id, content: `${WRAP_UP}\n${text}`, additional_kwargs: { ...marks, wrapUp: true } })
}

const WRAP_UP = `End now with what you have: no tool can be called any more. Say what is done, with what you found, and what is not
done.`
