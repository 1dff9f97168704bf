import type { AskRecord } from '../../state/asks.ts'
import type { Journal, Part, RowKey } from '../../state/journal.ts'
import type { ThreadRecord } from '../../state/threads.ts'

/** Whether a row lies in a tree, or in the trees of a principal. */
export type IsPart = (part: Part) => (row: { readonly rootThreadId: string }) => boolean

interface Owned {
  readonly threads: ReadonlyMap<string, ThreadRecord>
  readonly asks: ReadonlyMap<string, AskRecord>
  /** Letters, each with the root of its tree. */
  readonly sent: ReadonlyMap<string, string>
}

export function isPartOf({ threads }: Pick<Owned, 'threads'>): IsPart {
  return ({ rootThreadId, principal }) =>
    (row) => {
      if (rootThreadId !== undefined) return row.rootThreadId === rootThreadId
      return principal === undefined || threads.get(row.rootThreadId)?.principal === principal
    }
}

export function ownerRows({ threads, asks, sent }: Owned) {
  function threadIdOf(row: RowKey): string | undefined {
    if ('threadId' in row) return row.threadId
    return 'askId' in row ? asks.get(row.askId)?.rootThreadId : sent.get(row.letterId)
  }

  return {
    async ownerOf(row: RowKey) {
      const thread = threads.get(threadIdOf(row) ?? '')
      return thread && { principal: thread.principal }
    }
  } satisfies Partial<Journal>
}
