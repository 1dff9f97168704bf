import type { BaseCheckpointSaver } from '@langchain/langgraph'
import type { AskRecord } from '../state/asks.ts'
import type { Journal } from '../state/journal.ts'
import type { Task } from '../state/task-ledger.ts'
import type { ThreadRecord } from '../state/threads.ts'
import { addUsage, NO_USAGE, type Usage } from '../state/usage.ts'
import { ledgerOf } from './dialects/deputy.ts'

/** How a thread and the tree below it stand, read from the store. */
export interface Snapshot {
  readonly thread: ThreadRecord
  /** The values of the thread's last checkpoint. */
  readonly values: Readonly<Record<string, unknown>>
  readonly checkpointId: string | undefined
  /** Open asks of the subtree, oldest first. */
  readonly asks: readonly AskRecord[]
  readonly ledger: readonly Task[]
  /** Of the whole subtree. */
  readonly usage: Usage
  /** The threads of the subtree, this one first. */
  readonly subtree: readonly { thread: ThreadRecord; usage: Usage }[]
}

export interface SnapshotParts {
  readonly saver: BaseCheckpointSaver
  readonly journal: Journal
}

export async function snapshotOf(thread: ThreadRecord, { saver, journal }: SnapshotParts): Promise<Snapshot> {
  const threads = subtreeOf(thread.threadId, await journal.threadsOf(thread.rootThreadId))
  const tuples = await Promise.all(
    threads.map(({ threadId }) => saver.getTuple({ configurable: { thread_id: threadId } }))
  )
  const used = new Map((await journal.usageOf(thread.rootThreadId)).map(({ threadId, usage }) => [threadId, usage]))
  const subtree = threads.map((each) => ({ thread: each, usage: used.get(each.threadId) ?? NO_USAGE }))
  const mine = new Set(threads.map(({ threadId }) => threadId))
  const asks = await journal.openAsks({ rootThreadId: thread.rootThreadId })
  const values = tuples[0]?.checkpoint.channel_values ?? {}
  return {
    thread: threads[0]!,
    values,
    checkpointId: tuples[0]?.checkpoint.id,
    asks: asks.filter(({ ask }) => mine.has(ask.threadId)),
    ledger: ledgerOf(values),
    usage: subtree.map(({ usage }) => usage).reduce(addUsage, NO_USAGE),
    subtree
  }
}

/** A thread and all below it, parents before children, out of the threads of its tree. */
export function subtreeOf(threadId: string, tree: readonly ThreadRecord[]): ThreadRecord[] {
  const own = tree.filter((thread) => thread.threadId === threadId)
  const children = tree.filter((thread) => thread.parentThreadId === threadId)
  return [...own, ...children.flatMap((child) => subtreeOf(child.threadId, tree))]
}
