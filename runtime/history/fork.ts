// A fork is a tree of its own: the threads as they stood at a checkpoint, copied under new ids. Nothing on the old branch
// is written or run again, so it stays as it was, and the children of later steps are not touched.
//
// F1. Children come with their parent, each at the checkpoint that it had when the parent's came to be.
// F2. The checkpoints are copied with what they say of the files: a fork begins with those of its checkpoint known, though not in
//     the workspace, which it shares with the branch that it was made of. A rewind says what it has made of them.
// F3. The checkpoints are copied first; then one transaction makes the tree, with all that the journal knows of it. Until then
//     nobody finds any of it.
import type { BaseCheckpointSaver, CheckpointTuple } from '@langchain/langgraph'
import type { Store } from '../../checkpointers/store.ts'
import type { Repeat } from '../../state/branches.ts'
import type { BudgetLimit } from '../../state/budget.ts'
import type { Clock } from '../../state/context.ts'
import { childThreadId } from '../../state/ids.ts'
import type { RowWrite } from '../../state/journal.ts'
import type { PlacedMark } from '../../state/marks.ts'
import type { TreePolicy } from '../../state/policy.ts'
import { isOpen } from '../../state/task-ledger.ts'
import type { ThreadRecord } from '../../state/threads.ts'
import { ledgerOf } from '../dialects/deputy.ts'
import { filesOf, type SaidOfFiles, saidOfFiles } from '../snapshots/kept-files.ts'
import { threadOf } from '../thread-of.ts'
import type { ListParts } from './list.ts'
import { markUpTo, tupleAt } from './places.ts'
import { type Home, rehomed } from './rehome.ts'
import { type Accepted, repeatsOf } from './repeats.ts'

export interface ForkParts extends ListParts {
  readonly clock: Clock
  /** The store of the new tree, where it is another. */
  readonly to?: Pick<Store, 'saver' | 'journal'>
}

export interface Forking {
  readonly from: ThreadRecord
  /** The checkpoint that the new tree begins with. */
  readonly mark: PlacedMark
  /** What of the children is copied came to be up to this place; that of the checkpoint by default. */
  readonly upTo?: number
  /** The new root thread. */
  readonly as: string
  readonly accept?: Accepted | undefined
  /** The tree whose place the new one takes. */
  readonly replaces?: string | undefined
  /** The files as the new tree begins; by default each checkpoint goes on saying what it said. */
  readonly files?: SaidOfFiles | undefined
  /** What is said in advance of the new tree; by default what is said of the one that it is made of. */
  readonly policy?: TreePolicy | null | undefined
}

/** One thread of the new tree, and what it is made of. */
interface Copy {
  readonly thread: ThreadRecord
  readonly fromThreadId: string
  readonly mark: PlacedMark | undefined
  readonly tuple: CheckpointTuple | undefined
}

/**
 * Copies a thread, and below it the children that its ledger knew, as they stood, to a new tree. It has the caps of the old
 * one, and has used nothing.
 * @throws RuntimeError UNKNOWN_CHECKPOINT, BAD_STORE; nothing has been made then
 */
export async function fork(forking: Forking, parts: ForkParts): Promise<ThreadRecord> {
  const { from, as } = forking
  const { to = parts } = parts
  const copies = await copiesOf(forking, parts)
  const repeats = await repeatsIn(copies, forking, parts)
  const threads = new Map(copies.map(({ fromThreadId, thread }) => [fromThreadId, thread.threadId]))
  const home: Home = { threads, repeats: repeats.filter(({ accepted }) => !accepted) }
  for (const { thread, tuple } of copies)
    if (tuple) await copyCheckpoint(tuple, { to: thread.threadId, home, saver: to.saver, files: forking.files })
  const caps = Object.entries(await parts.journal.caps(from.rootThreadId)) as [BudgetLimit, number][]
  const rows: RowWrite[] = [
    // First: what is refused is refused here.
    { kind: 'branch', branch: branchOf(forking, parts.clock.now()) },
    ...copies.map(({ thread }) => ({ kind: 'thread', thread }) as const),
    ...copies.flatMap((copy) => markOfCopy(copy)),
    ...caps.map(([limit, cap]) => ({ kind: 'cap', rootThreadId: as, limit, cap }) as const),
    ...repeats.map((repeat) => ({ kind: 'repeat', repeat }) as const)
  ]
  const entries = rows.map((row) => ({ row }))
  await to.journal.append(entries, { rootThreadId: as, after: 0 })
  return copies.at(-1)!.thread
}

/** What a fork would do again that was done; nothing is made. */
export async function wouldRepeat(forking: Forking, parts: ForkParts): Promise<Repeat[]> {
  return repeatsIn(await copiesOf(forking, parts), forking, parts)
}

function repeatsIn(copies: readonly Copy[], { from, as, accept }: Forking, parts: ForkParts): Promise<Repeat[]> {
  const begun = copies.map(({ fromThreadId: threadId, tuple }) => ({
    threadId,
    values: tuple?.checkpoint.channel_values ?? {}
  }))
  return repeatsOf(from, { begun, as, accept }, parts.journal)
}

/** The threads of the new tree, children before their parents. */
async function copiesOf({ from, mark, upTo = mark.place, as, ...forking }: Forking, parts: ForkParts): Promise<Copy[]> {
  const at = parts.clock.now()
  const { policy = (await threadOf(parts.journal, from.rootThreadId)).policy } = forking
  const root: ThreadRecord = {
    ...from,
    threadId: as,
    parentThreadId: null,
    rootThreadId: as,
    taskId: null,
    // The path of a child stays, and with it the remits above it: a fork has no more authority than what it was made of.
    path: from.path,
    background: false,
    policy,
    status: mark.next.length > 0 ? 'paused' : 'completed',
    createdAt: at,
    updatedAt: at
  }
  return copied(from, { thread: root, mark })

  async function copied(
    old: ThreadRecord,
    { thread, mark }: { thread: ThreadRecord; mark: PlacedMark | undefined }
  ): Promise<Copy[]> {
    const tuple = mark && (await tupleAt(mark, parts))
    const below: Copy[] = []
    for (const task of ledgerOf(tuple?.checkpoint.channel_values)) {
      const child = await parts.journal.thread(task.threadId)
      if (!child) continue
      const place: ThreadRecord = {
        ...child,
        threadId: childThreadId(thread.threadId, task.id),
        parentThreadId: thread.threadId,
        rootThreadId: as,
        path: `${thread.path}/${child.agent}`,
        status: isOpen(task) ? 'paused' : task.status,
        createdAt: at,
        updatedAt: at
      }
      below.push(...(await copied(child, { thread: place, mark: await markUpTo(child, upTo, parts) })))
    }
    return [...below, { thread, fromThreadId: old.threadId, mark, tuple }]
  }
}

function markOfCopy({ thread, mark }: Copy): RowWrite[] {
  if (!mark) return []
  const { place: _, ...old } = mark
  const { threadId, rootThreadId, path, createdAt: at } = thread
  const fresh = { threadId, rootThreadId, path, at, parentCheckpointId: null, source: 'fork', nodes: [] }
  return [{ kind: 'checkpoint', mark: { ...old, ...fresh } }]
}

function branchOf({ from, mark, as, replaces }: Forking, branchedAt: number) {
  return {
    rootThreadId: as,
    fromRootThreadId: from.rootThreadId,
    fromThreadId: from.threadId,
    fromCheckpointId: mark.checkpointId,
    replaces: replaces ?? null,
    branchedAt
  }
}

/** Without pending writes: what had run of the step is run again on the new branch. */
async function copyCheckpoint(
  { checkpoint, metadata }: CheckpointTuple,
  {
    to,
    home,
    saver,
    files = { files: filesOf(metadata) }
  }: { to: string; home: Home; saver: BaseCheckpointSaver; files: SaidOfFiles | undefined }
): Promise<void> {
  const copied = { ...checkpoint, channel_values: rehomed(checkpoint.channel_values, home) }
  const config = { configurable: { thread_id: to, checkpoint_ns: '' } }
  const about = { step: metadata?.step ?? -1, parents: {}, source: 'fork' } as const
  await saver.put(config, copied, { ...about, ...saidOfFiles(files) }, checkpoint.channel_versions)
}
