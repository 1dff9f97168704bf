// The files of a workspace as they were, kept in a repository of our own outside of it. docs/snapshots.md
//
// S1. The workspace's own repositories are neither read nor written, and nothing that lies in the workspace is run.
// S2. One thing at a time: who asks for a snapshot while another waits to be taken shares that one.
import { openDirectory } from '../workspace-directory.ts'
import type { FileSnapshot, Step } from './files.ts'
import type { OnConflict } from './plan.ts'
import { pruned } from './pruning.ts'
import { openRepository, type Repository } from './repository.ts'
import { type Restored, type Restoring, restored, undoOf } from './restoring.ts'
import { taking } from './taking.ts'

export interface SnapshotOptions {
  /** Where the repositories of all workspaces lie; outside of each of them. */
  readonly directory: string
  /** A larger file is not kept. 10 MiB by default. */
  readonly maxFileBytes?: number | undefined
  /** A workspace with more files is not kept. 50,000 by default. */
  readonly maxFiles?: number | undefined
  /** Where git is looked for, and what it is given of; that of the process by default. */
  readonly env?: NodeJS.ProcessEnv | undefined
}

export interface RestoreRequest {
  /**
   * The last snapshot that was taken for whoever goes back: what differs from it was done by somebody else since, and is not
   * overwritten unasked.
   */
  readonly base: string
  /** `stop`, the default: where there are conflicts nothing is done. `keep` does all but them, `overwrite` them as well. */
  readonly onConflict?: OnConflict
  /**
   * For what it is done, in a word that is used up once that is done. A restore for it, from the same base, that is known already
   * came to nothing, since a process died behind it: it is undone first.
   */
  readonly cause?: string
}

export interface UndoRequest extends Partial<RestoreRequest> {
  /** What the restore left, by default: what differs was done by somebody else since. */
  readonly base?: string
}

/** The snapshots of one workspace. What fails is a RuntimeError SNAPSHOT_FAILED. */
export interface Snapshots {
  /** Where it is, for real. */
  readonly workspace: string
  take(how?: { signal?: AbortSignal | undefined }): Promise<FileSnapshot>
  /** The files that differ, with the ids of their contents; `changeOf` has them in words. @throws RuntimeError UNKNOWN_SNAPSHOT */
  compare(from: string, to: string): Promise<Step[]>
  /** @throws RuntimeError UNKNOWN_SNAPSHOT */
  content(id: string): Promise<Buffer>
  /** Makes the files as a snapshot has them. @throws RuntimeError UNKNOWN_SNAPSHOT */
  restore(to: string, request: RestoreRequest): Promise<Restored>
  /** Makes the files as they were before a restore; it can be undone itself. @throws RuntimeError UNKNOWN_SNAPSHOT */
  undo(restoreId: string, request?: UndoRequest): Promise<Restored>
  /**
   * Lets all go but these, and what is younger: a week by default. Contents that nothing needs any more go a day later. They are
   * those of every store that keeps snapshots of the workspace in the same directory.
   */
  prune(keep: Iterable<string>, how?: { olderThanMs?: number }): Promise<{ dropped: number }>
}

/** @throws RuntimeError WORKSPACE_MISSING */
export async function openSnapshots(path: string, options: SnapshotOptions): Promise<Snapshots> {
  const { directory, maxFileBytes = 10 * 2 ** 20, maxFiles = 50_000, env = process.env } = options
  const workspace = await openDirectory(path)
  const takes = taking(workspace, { maxFileBytes, maxFiles })
  let repository: Promise<Repository> | undefined
  let busy: Promise<unknown> = Promise.resolve()
  let next: Promise<FileSnapshot> | undefined

  /** What failed is tried again the next time: git may have been installed. */
  function opened(signal?: AbortSignal): Promise<Repository> {
    repository ??= openRepository(workspace, { directory, env, signal }).catch((error) => {
      repository = undefined
      throw error
    })
    return repository
  }

  function inTurn<T>(
    work: (repository: Repository) => Promise<T>,
    { signal, begin }: { signal?: AbortSignal | undefined; begin?: () => void } = {}
  ): Promise<T> {
    const done = busy.then(async () => {
      begin?.()
      return work(await opened(signal))
    })
    busy = done.catch(() => {})
    return done
  }

  function take({ signal }: { signal?: AbortSignal | undefined } = {}): Promise<FileSnapshot> {
    const begin = () => {
      next = undefined
    }
    next ??= inTurn(async (repository) => (await takes(repository, { signal })).snapshot, { signal, begin })
    return next
  }

  function restoring(repository: Repository): Restoring {
    return { workspace, repository, take: () => takes(repository, {}) }
  }

  return {
    workspace,
    take,
    restore: (to, request) =>
      inTurn((repository) => restored({ onConflict: 'stop', ...request, to, directories: [] }, restoring(repository))),
    undo: (restoreId, request = {}) =>
      inTurn(async (repository) =>
        restored({ onConflict: 'stop', ...(await undoOf(restoreId, repository)), ...request }, restoring(repository))
      ),
    compare: async (from, to) => (await opened()).between(from, to),
    async content(id) {
      const contents = (await opened()).contents()
      return contents.of(id).finally(contents.close)
    },
    prune: (keep, { olderThanMs = 7 * DAY } = {}) =>
      inTurn((repository) => pruned(repository, { keep: new Set(keep), olderThanMs }))
  }
}

const DAY = 24 * 60 * 60 * 1000
