// A new tree takes the place of another, and the files of the workspace go along.
//
// T1. All that can be refused is refused first, and conflicts of files are found before anything is touched. What is at work is
//     paused for that, so that what it does to files is in a snapshot, and not taken for somebody else's.
// T2. The files go first, behind a snapshot of what is there; then one transaction makes the tree. A process that dies between
//     the two leaves the old tree in its place, to be gone on with, with files of the new one. To do the same again does all of it,
//     and then undoes to what was there before the first time. A tree is left once, so it names what a restore is for.
// T3. What fails behind the restore undoes it, where it is certain that no tree was made.
import type { ThreadRecord } from '../../state/threads.ts'
import { cancel } from '../cancel.ts'
import type { CommandParts } from '../command.ts'
import { pause } from '../pause.ts'
import { type FilesBack, type GoingBackParts, goBack, lastFiles } from '../snapshots/go-back.ts'
import type { SaidOfFiles } from '../snapshots/kept-files.ts'
import type { Conflict, OnConflict } from '../snapshots/plan.ts'
import { threadOf } from '../thread-of.ts'
import { currentOf } from './branches.ts'
import { catchUpAtRest } from './catch-up.ts'
import { type Forking, type ForkParts, fork, wouldRepeat } from './fork.ts'

/** What becomes of the files of the workspace when the conversation is taken back. */
export interface FilesChoice {
  /** `restore`, the default: they become what they were. `leave`: they stay as they are. */
  readonly files?: 'restore' | 'leave' | undefined
  /**
   * What to do about files that somebody else has changed since: nothing at all with `stop`, the default; with `keep` all but
   * them are taken back, with `overwrite` they as well.
   */
  readonly onConflict?: OnConflict | undefined
}

export type Rewound =
  | {
      readonly status: 'rewound'
      /** The root of the tree that goes on. Nobody drives it yet. */
      readonly thread: ThreadRecord
      readonly files: Exclude<FilesBack, { status: 'conflicts' }>
    }
  /** Nothing was rewound, and no file was touched. What was at work is paused. */
  | { readonly status: 'conflicts'; readonly conflicts: readonly Conflict[] }

export interface Taking extends FilesChoice {
  readonly forking: Forking
  /** What may be at work beside the tree whose place is taken: any thread of a tree. */
  readonly besides: readonly ThreadRecord[]
  readonly to: SaidOfFiles
  readonly reason: string
}

export type TakingParts = ForkParts & CommandParts & GoingBackParts

/** @throws RuntimeError UNKNOWN_CHECKPOINT, BAD_STORE; nothing has changed then */
export async function takePlace(taking: Taking, parts: TakingParts): Promise<Rewound> {
  const { forking, besides, reason } = taking
  await wouldRepeat(forking, parts)
  const { journal } = parts
  const current = await threadOf(journal, await currentOf(forking.from.rootThreadId, journal))
  const atWork = new Set([current, forking.from, ...besides].map(({ rootThreadId }) => rootThreadId))
  if (takesFiles(current, taking, parts)) for (const threadId of atWork) await pause({ threadId, reason }, parts)
  if (!(await parts.isAtWork(current.threadId))) await catchUpAtRest(current.threadId, parts)
  const files = await filesBack(current, taking, parts)
  if (files.status === 'conflicts') return files
  try {
    for (const threadId of atWork) await cancel({ threadId, reason }, parts)
    const replaces = await currentOf(current.threadId, journal)
    // Who takes an old branch up again does not take up what was allowed there.
    const { policy } = await threadOf(journal, replaces)
    const said = { policy, files: await saidOf(files, { current, parts }) }
    const thread = await fork({ ...forking, ...said, replaces }, parts)
    return { status: 'rewound', thread, files }
  } catch (error) {
    if (files.status === 'restored') await putBack({ ...files, leaving: current, as: forking.as }, parts)
    throw error
  }
}

function takesFiles({ workspace }: ThreadRecord, { files, to }: Taking, parts: TakingParts): boolean {
  return parts.files !== undefined && workspace !== null && files !== 'leave' && to.files !== undefined
}

async function filesBack(
  leaving: ThreadRecord,
  { files, to, onConflict }: Taking,
  parts: TakingParts
): Promise<FilesBack> {
  return files === 'leave' ? { status: 'left' } : goBack({ leaving, to, onConflict }, parts)
}

/** Files that were left are still those of the tree that is left: what was done to them behind its last snapshot is not its own. */
async function saidOf(
  back: FilesBack,
  { current, parts }: { current: ThreadRecord; parts: TakingParts }
): Promise<SaidOfFiles | undefined> {
  if (back.status === 'restored') return { files: back.snapshot, restore: back.restoreId }
  return parts.files && { files: await lastFiles(current, parts) }
}

/** As well as it can be done: what was there is in a snapshot in any case. */
async function putBack(
  { restoreId, leaving, as }: { restoreId: string; leaving: ThreadRecord; as: string },
  { files, journal }: TakingParts
): Promise<void> {
  const isMade = await journal.branchOf(as).then(...whetherThere)
  if (isMade || !files || leaving.workspace === null) return
  const snapshots = await files.of(leaving.workspace).catch(() => undefined)
  await snapshots?.undo(restoreId).catch(() => {})
}

/** A store that does not answer may have it. */
const whetherThere = [(branch: unknown) => branch !== undefined, () => true] as const
