// A fork is a tree of its own: the threads as they stood at a checkpoint, copied under new ids. Nothing on the old branch
// is written or run again, so it stays as it was, and the children of later steps are not touched.
import type { BaseCheckpointSaver, CheckpointTuple } from '@langchain/langgraph'
import type { BudgetLimit } from '../../state/budget.ts'
import type { Clock } from '../../state/context.ts'
import { RuntimeError } from '../../state/errors.ts'
import { childThreadId } from '../../state/ids.ts'
import type { Journal } from '../../state/journal.ts'
import { isOpen } from '../../state/task-ledger.ts'
import type { ThreadRecord } from '../../state/threads.ts'
import { ledgerOf } from '../dialects/deputy.ts'
import { rehomed } from './rehome.ts'

export interface ForkParts {
  readonly saver: BaseCheckpointSaver
  readonly journal: Journal
  readonly clock: Clock
}

/** Where a copied thread goes in its new tree. */
type Place = Pick<
  ThreadRecord,
  'threadId' | 'parentThreadId' | 'rootThreadId' | 'taskId' | 'path' | 'background' | 'status'
>

/**
 * Copies `from`, and below it the children that its ledger knew, as they stood at a checkpoint, to the new root thread `as`.
 * The new tree has the caps of the old one, and has used nothing.
 * @throws RuntimeError UNKNOWN_CHECKPOINT
 */
export async function fork(
  { from, checkpointId, as }: { from: ThreadRecord; checkpointId: string; as: string },
  parts: ForkParts
): Promise<ThreadRecord> {
  const config = { configurable: { thread_id: from.threadId, checkpoint_ns: '', checkpoint_id: checkpointId } }
  const tuple = await parts.saver.getTuple(config)
  if (!tuple)
    throw new RuntimeError(
      'UNKNOWN_CHECKPOINT',
      `thread ${from.threadId} has no checkpoint ${checkpointId}; its history lists them`
    )
  const place: Place = {
    threadId: as,
    parentThreadId: null,
    rootThreadId: as,
    taskId: null,
    // The path of a child stays, and with it the remits above it: a fork has no more authority than what it was made of.
    path: from.path,
    background: false,
    status: 'paused'
  }
  await copyTree({ thread: from, tuple, place }, { ...parts, moment: tuple.checkpoint.ts })
  const { caps, setCap } = parts.journal
  for (const [limit, cap] of Object.entries(await caps(from.rootThreadId)) as [BudgetLimit, number][])
    await setCap({ rootThreadId: as, limit, cap })
  return (await parts.journal.thread(as))!
}

/** Copies children first, so that the parent's checkpoint can name them; gives old thread ids with their new ones. */
async function copyTree(
  { thread, tuple, place }: { thread: ThreadRecord; tuple: CheckpointTuple | undefined; place: Place },
  parts: ForkParts & { moment: string }
): Promise<Map<string, string>> {
  const { saver, journal, clock, moment } = parts
  const threads = new Map([[thread.threadId, place.threadId]])
  for (const task of ledgerOf(tuple?.checkpoint.channel_values)) {
    const child = await journal.thread(task.threadId)
    if (!child) continue
    const childPlace: Place = {
      threadId: childThreadId(place.threadId, task.id),
      parentThreadId: place.threadId,
      rootThreadId: place.rootThreadId,
      taskId: task.id,
      path: `${place.path}/${child.agent}`,
      background: child.background,
      status: isOpen(task) ? 'paused' : task.status
    }
    const childTuple = await asOf(child.threadId, { moment, saver })
    const below = await copyTree({ thread: child, tuple: childTuple, place: childPlace }, parts)
    for (const [old, fresh] of below) threads.set(old, fresh)
  }
  if (tuple) await copyCheckpoint(tuple, { to: place.threadId, threads, saver })
  const at = clock.now()
  await journal.saveThread({ ...thread, ...place, createdAt: at, updatedAt: at })
  return threads
}

/** A thread's last checkpoint up to a moment. */
async function asOf(
  threadId: string,
  { moment, saver }: { moment: string; saver: BaseCheckpointSaver }
): Promise<CheckpointTuple | undefined> {
  for await (const tuple of saver.list({ configurable: { thread_id: threadId, checkpoint_ns: '' } }))
    if (tuple.checkpoint.ts <= moment) return tuple
  return undefined
}

/** Without pending writes: what had run of the step is run again on the new branch. */
async function copyCheckpoint(
  { checkpoint, metadata }: CheckpointTuple,
  { to, threads, saver }: { to: string; threads: ReadonlyMap<string, string>; saver: BaseCheckpointSaver }
): Promise<void> {
  const copied = { ...checkpoint, channel_values: rehomed(checkpoint.channel_values, threads) }
  const config = { configurable: { thread_id: to, checkpoint_ns: '' } }
  await saver.put(
    config,
    copied,
    { step: metadata?.step ?? -1, parents: {}, source: 'fork' },
    checkpoint.channel_versions
  )
}
