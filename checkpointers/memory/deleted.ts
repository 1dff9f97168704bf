import type { Journal } from '../../state/journal.ts'
import { threadDeleted } from '../thread-deleted.ts'

/** A journal that takes nothing for a tree that was deleted. */
export function stayingDeleted(deleted: ReadonlySet<string>, journal: Journal): Journal {
  function expectNot(...threadIds: readonly string[]): void {
    for (const threadId of threadIds) if (deleted.has(threadId)) throw threadDeleted(threadId)
  }
  const refusing =
    <Row, Result>(of: (row: Row) => readonly string[], write: (row: Row) => Promise<Result>) =>
    async (row: Row) => {
      expectNot(...of(row))
      return write(row)
    }
  const ofTree = ({ rootThreadId }: { readonly rootThreadId: string }) => [rootThreadId]
  const ofThread = ({ threadId }: { readonly threadId: string }) => [threadId]
  return {
    ...journal,
    async append(entries, tree) {
      expectNot(tree.rootThreadId)
      return journal.append(entries, tree)
    },
    saveThread: refusing((thread) => [...ofTree(thread), ...ofThread(thread)], journal.saveThread),
    openAsk: refusing(ofTree, journal.openAsk),
    send: refusing(ofTree, journal.send),
    acquireLease: refusing(ofTree, journal.acquireLease),
    grant: refusing(ofTree, journal.grant),
    setCap: refusing(ofTree, journal.setCap),
    label: refusing(ofTree, journal.label),
    put: refusing(ofThread, journal.put)
  }
}
