import { assert } from 'vitest'
import type { Store } from '../../checkpointers/store.ts'
import type { AgentRuntime } from '../../runtime/agent-runtime.ts'
import type { HistoryEntry } from '../../runtime/history/list.ts'
import type { Rewound } from '../../runtime/history/take-place.ts'
import type { ThreadRecord } from '../../state/threads.ts'
import { rowsOf } from './rows-of.ts'
import type { StorePlace } from './stores.ts'

const approve = { kind: 'approve', scope: 'once' } as const

/** Approves whatever a tree asks until it asks nothing more. */
export async function approveAll(runtime: AgentRuntime, threadId: string): Promise<void> {
  for (let asks = await runtime.openAsks(threadId); asks.length > 0; asks = await runtime.openAsks(threadId))
    for (const { id } of asks) await (await runtime.resolveInput(id, approve)).result
}

/** The root of the tree that goes on, where nothing was in the way. */
export async function rewound(rewinding: Promise<Rewound>): Promise<ThreadRecord> {
  const back = await rewinding
  if (back.status !== 'rewound') return assert.fail(`conflicts: ${JSON.stringify(back.conflicts)}`)
  return back.thread
}

/** The checkpoints of a whole tree, oldest first. */
export async function treeHistory(runtime: AgentRuntime, threadId: string): Promise<HistoryEntry[]> {
  return (await runtime.history(threadId, { of: 'tree', limit: 10_000 })).reverse()
}

/** The nodes that ran, thread by thread, in order; threads are told apart by what `nameOf` makes of them. */
export function nodesRun(
  entries: readonly HistoryEntry[],
  nameOf: (entry: HistoryEntry) => string = ({ path }) => path
): Record<string, string[]> {
  const ran: Record<string, string[]> = {}
  for (const entry of entries)
    if (entry.nodes.length > 0) ran[nameOf(entry)] = [...(ran[nameOf(entry)] ?? []), entry.nodes.join('+')]
  return ran
}

/** All that is kept of a tree, each part as text. Rows of SQL as they lie there; of memory what can be read. */
export async function keptOf(store: Store, place: StorePlace, threadId: string): Promise<string[]> {
  if (place.url !== 'memory:') return rowsOf(store, place)
  const { journal, saver } = store
  const kept: unknown[] = [
    await journal.threadsOf(threadId),
    await journal.eventsOf(threadId, { after: 0, limit: 10_000 }),
    await journal.checkpoints(threadId, { limit: 10_000 }),
    await journal.effectsOf(threadId),
    await journal.grantsOf(threadId),
    await journal.usageOf(threadId)
  ]
  for (const thread of await journal.threadsOf(threadId))
    for await (const tuple of saver.list({ configurable: { thread_id: thread.threadId } })) kept.push(tuple)
  return kept.map((part) => JSON.stringify(part))
}
