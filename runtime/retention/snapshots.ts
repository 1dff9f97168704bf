import type { PrunableSaver } from '../../checkpointers/prunable.ts'
import type { ThreadRows } from '../../state/journal.ts'
import { filesOf, type KeptFiles } from '../snapshots/kept-files.ts'

export interface SnapshotParts {
  /** The threads of all principals: they share workspaces. */
  readonly everybodys: Pick<ThreadRows, 'roots' | 'threadsOf'>
  readonly saver: PrunableSaver
  /** Undefined where no files are kept. */
  readonly kept: Pick<KeptFiles, 'of'> | undefined
}

const HOUR = 3_600_000
const WEEK = 7 * 24 * HOUR

/**
 * Lets file snapshots go that no checkpoint names any more, whosever it is. What was taken within the
 * hour stays, its checkpoint may be on its way.
 */
export async function prunedSnapshots(
  { olderThanMs = WEEK }: { olderThanMs?: number | undefined },
  { everybodys, saver, kept }: SnapshotParts
): Promise<number> {
  if (!kept) return 0
  const named = new Map<string, Set<string>>()
  for (const { threadId: root } of await everybodys.roots({ limit: ALL }))
    for (const { threadId, workspace } of await everybodys.threadsOf(root)) {
      if (workspace === null) continue
      const ids = named.get(workspace) ?? new Set()
      named.set(workspace, ids)
      for await (const metadata of saver.metadata(threadId)) {
        const id = filesOf(metadata)
        if (id) ids.add(id)
      }
    }
  let dropped = 0
  for (const [workspace, ids] of named) {
    const pruning = kept
      .of(workspace)
      .then((snapshots) => snapshots.prune(ids, { olderThanMs: Math.max(olderThanMs, HOUR) }))
    // A workspace that is gone, or no git: what is kept of it stays.
    dropped += (await pruning.catch(() => ({ dropped: 0 }))).dropped
  }
  return dropped
}

const ALL = 1_000_000_000
