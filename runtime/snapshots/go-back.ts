import type { BaseCheckpointSaver } from '@langchain/langgraph'
import { type Failure, failureOf } from '../../state/errors.ts'
import type { Journal } from '../../state/journal.ts'
import type { ThreadRecord } from '../../state/threads.ts'
import { filesOf, type KeptFiles, type SaidOfFiles } from './kept-files.ts'
import type { OnConflict } from './plan.ts'
import type { Restored } from './restoring.ts'

export interface GoingBack {
  /** The root of the tree that is left. Nothing of it may be at work. */
  readonly leaving: ThreadRecord
  /** The files of a checkpoint, or those from before a restore. */
  readonly to: SaidOfFiles
  readonly onConflict?: OnConflict | undefined
}

/** What became of the files of a workspace. */
export type FilesBack =
  | Restored
  /** They are as they were: that was wanted, or nobody keeps any here. */
  | { readonly status: 'left' }
  /** They are as they were: none were kept at the checkpoint. */
  | { readonly status: 'unknown' }
  /** They are as they were: they could not be brought back. */
  | { readonly status: 'missed'; readonly error: Failure }

export interface GoingBackParts {
  readonly files: Pick<KeptFiles, 'of' | 'moved'> | undefined
  readonly saver: BaseCheckpointSaver
  readonly journal: Pick<Journal, 'threadsOf'>
}

/**
 * Makes the files of a workspace as they were. What has changed since the last checkpoint of the tree that is left was not done
 * by it. The checkpoint that is gone on from is to name `snapshot` of what comes back as its `files`: then the restore does not
 * count as somebody else's work the next time.
 */
export async function goBack(
  { leaving, to, onConflict = 'stop' }: GoingBack,
  { files, ...parts }: GoingBackParts
): Promise<FilesBack> {
  const { workspace, rootThreadId: cause } = leaving
  if (!files || workspace === null) return { status: 'left' }
  if (to.files === undefined) return { status: 'unknown' }
  const base = (await lastFiles(leaving, parts)) ?? to.files
  try {
    const snapshots = await files.of(workspace)
    return to.restore === undefined
      ? await snapshots.restore(to.files, { base, onConflict, cause })
      : await snapshots.undo(to.restore, { base, onConflict, cause })
  } catch (thrown) {
    return { status: 'missed', error: failureOf(thrown, 'SNAPSHOT_FAILED') }
  } finally {
    files.moved(workspace)
  }
}

/** The last snapshot that was taken at a checkpoint of a tree. */
export async function lastFiles(
  { rootThreadId, workspace }: ThreadRecord,
  { saver, journal }: Omit<GoingBackParts, 'files'>
): Promise<string | undefined> {
  if (workspace === null) return undefined
  const threads = await journal.threadsOf(rootThreadId)
  const lasts = await Promise.all(threads.map(({ threadId }) => lastOf(threadId, saver)))
  const known = lasts.filter((last) => last !== undefined)
  return known.toSorted((one, other) => (one.at < other.at ? 1 : -1))[0]?.files
}

async function lastOf(
  threadId: string,
  saver: BaseCheckpointSaver
): Promise<{ files: string; at: string } | undefined> {
  for await (const { metadata, checkpoint } of saver.list({
    configurable: { thread_id: threadId, checkpoint_ns: '' }
  })) {
    const files = filesOf(metadata)
    if (files !== undefined) return { files, at: checkpoint.ts }
  }
  return undefined
}
