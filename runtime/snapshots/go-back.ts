import type { BaseCheckpointSaver } from '@langchain/langgraph'
import type { Journal } from '../../state/journal.ts'
import type { ThreadRecord } from '../../state/threads.ts'
import { filesOf, type KeptFiles } from './kept-files.ts'
import type { OnConflict } from './plan.ts'
import type { Restored } from './restoring.ts'

export interface GoingBack {
  /** Any thread of the tree. Nothing of the tree may be at work. */
  readonly thread: ThreadRecord
  /** Of the checkpoint that is gone back to. */
  readonly metadata: object | undefined
  readonly onConflict?: OnConflict
}

export interface GoingBackParts {
  readonly files: Pick<KeptFiles, 'of'> | undefined
  readonly saver: BaseCheckpointSaver
  readonly journal: Pick<Journal, 'threadsOf'>
}

/**
 * Makes the files of a workspace as they were at a checkpoint; `unknown` where none were kept at it. What has changed since the
 * last checkpoint of the tree was not done by the tree. The checkpoint that the tree goes on from is to name `snapshot` of what
 * comes back as its `files`: then the restore does not count as somebody else's work the next time.
 */
export async function goBack(
  { thread, metadata, onConflict = 'stop' }: GoingBack,
  { files, ...parts }: GoingBackParts
): Promise<Restored | { status: 'unknown' }> {
  const to = filesOf(metadata)
  if (!files || thread.workspace === null || to === undefined) return { status: 'unknown' }
  const base = (await lastFiles(thread.rootThreadId, parts)) ?? to
  return (await files.of(thread.workspace)).restore(to, { base, onConflict })
}

/** The last snapshot that was taken at a checkpoint of a tree. */
export async function lastFiles(
  rootThreadId: string,
  { saver, journal }: Omit<GoingBackParts, 'files'>
): Promise<string | undefined> {
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
