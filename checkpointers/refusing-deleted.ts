import type { Journal } from '../state/journal.ts'
import { threadDeleted } from './thread-deleted.ts'

/** A journal that says in our words why its database refuses a row; `append` does so itself. */
export function refusingDeleted(isRefused: (thrown: unknown) => boolean, journal: Journal): Journal {
  async function told<T>(threadId: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (thrown) {
      throw isRefused(thrown) ? threadDeleted(threadId, thrown) : thrown
    }
  }
  return {
    ...journal,
    saveThread: (thread) => told(thread.threadId, () => journal.saveThread(thread)),
    openAsk: (opening) => told(opening.rootThreadId, () => journal.openAsk(opening)),
    send: (letter) => told(letter.rootThreadId, () => journal.send(letter)),
    acquireLease: (request) => told(request.rootThreadId, () => journal.acquireLease(request)),
    grant: (grant) => told(grant.rootThreadId, () => journal.grant(grant)),
    setCap: (cap) => told(cap.rootThreadId, () => journal.setCap(cap)),
    label: (label) => told(label.rootThreadId, () => journal.label(label)),
    put: (output) => told(output.threadId, () => journal.put(output))
  }
}
