// What the journal has missed of the checkpoints of a tree, read from the checkpoints themselves: of trees from before it kept
// any, and the last ones of a process that died. This loads states; where nothing is missing it is one look by key.
import type { BaseCheckpointSaver } from '@langchain/langgraph'
import type { Journal } from '../../state/journal.ts'
import type { Mark } from '../../state/marks.ts'
import type { ThreadRecord } from '../../state/threads.ts'
import type { Registry } from '../registry.ts'
import { markOf } from './marking.ts'

export interface CatchUpParts {
  readonly registry: Registry
  readonly saver: BaseCheckpointSaver
  readonly journal: Journal
}

/**
 * Before a thread goes on behind this checkpoint: where the journal does not know it, all that it missed of the tree. To be kept with
 * what the tree tells: two that write the same rows at once would wait for each other.
 */
export async function missedBefore(
  { threadId, rootThreadId }: ThreadRecord,
  checkpointId: string,
  parts: CatchUpParts
): Promise<readonly Mark[]> {
  if (await parts.journal.checkpoint({ threadId, checkpointId })) return []
  return readMissed(await parts.journal.threadsOf(rootThreadId), parts)
}

/** Before a tree at rest is looked at: one of which nothing is kept, or threads that were left in the middle. */
export async function catchUpAtRest(rootThreadId: string, parts: CatchUpParts): Promise<void> {
  const { journal } = parts
  const threads = await journal.threadsOf(rootThreadId)
  const isKnown = (await journal.checkpoints(rootThreadId, { limit: 1 })).length > 0
  const left = isKnown ? threads.filter(({ status }) => status === 'running') : threads
  const missed = await readMissed(left, parts)
  if (missed.length === 0) return
  const entries = missed.map((mark) => ({ row: { kind: 'checkpoint', mark } as const }))
  await journal.append(entries, { rootThreadId, after: 0 })
}

/** In the order in which they came to be: ids of checkpoints grow with time. */
async function readMissed(threads: readonly ThreadRecord[], parts: CatchUpParts): Promise<Mark[]> {
  const missed: Mark[] = []
  for (const thread of threads) missed.push(...(await missedOf(thread, parts)))
  return missed.sort((a, b) => (a.checkpointId < b.checkpointId ? -1 : 1))
}

/** From the last checkpoint back to one that is known. */
async function missedOf(thread: ThreadRecord, { registry, saver, journal }: CatchUpParts): Promise<Mark[]> {
  const { graph } = registry.agent(thread.agent)
  const config = { configurable: { thread_id: thread.threadId, __pregel_checkpointer: saver } }
  const missed: Mark[] = []
  for await (const state of graph.getStateHistory(config)) {
    const mark = markOf(state, { thread, ran: [], at: Date.parse(state.createdAt ?? '') })
    const known = await journal.checkpoint(mark)
    const after = missed.pop()
    if (after) missed.push({ ...after, nodes: nodesAfter(known ?? mark, after) })
    if (known) break
    missed.push(mark)
  }
  return missed
}

/** An input is no step of a node. */
function nodesAfter({ next }: Mark, { source }: Mark): string[] {
  return source === 'input' ? [] : next
}
