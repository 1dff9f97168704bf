// The doors of a runtime through which the past of its trees is seen, and branched from.
import type { Repeat } from '../../state/branches.ts'
import type { StateView } from '../../state/diff.ts'
import type { ThreadRecord } from '../../state/threads.ts'
import type { EventHub } from '../events.ts'
import type { KeptFiles } from '../snapshots/kept-files.ts'
import { threadOf } from '../thread-of.ts'
import { type BranchEntry, branchesOf } from './branches.ts'
import { type CheckpointDiff, type DiffRequest, diff } from './diff.ts'
import { type Forking, fork, wouldRepeat } from './fork.ts'
import { label, unlabel } from './label.ts'
import { type HistoryEntry, type HistoryPage, historyOf } from './list.ts'
import { markAt } from './places.ts'
import type { Accepted } from './repeats.ts'
import { type ReplayParts, type ReplayReport, type ReplayRequest, replay } from './replay.ts'
import { rewind } from './rewind.ts'
import type { RewindPoint } from './rewind-point.ts'
import { stateAt } from './state-at.ts'
import type { FilesChoice, Rewound } from './take-place.ts'
import { undo } from './undo.ts'

export interface CheckpointPlace {
  readonly threadId: string
  readonly checkpointId: string
}

export interface ForkRequest extends CheckpointPlace {
  /** What may be done again unasked: everything, or the calls with these ids. Nothing by default. */
  readonly accept?: Accepted
}

export interface RewindRequest extends FilesChoice {
  readonly threadId: string
  readonly to: RewindPoint
  /** As in a fork. */
  readonly accept?: Accepted
}

export interface UndoRequest extends FilesChoice {
  /** Any thread of any of the trees that were made of one another by rewinds. */
  readonly threadId: string
  /** As in a fork. */
  readonly accept?: Accepted
}

export interface HistoryDoors {
  /** As `resumeFrom`, without driving it. Files stay as they are: the new tree works in the same workspace as the old one. */
  fork(from: ForkRequest): Promise<ThreadRecord>
  /**
   * Takes a whole tree back: to a checkpoint of any of its threads, to where a message of a thread had just come, or to a time.
   * What runs is cancelled and nothing is deleted: the branch that was left stays as it was, is listed by `branches`, and can be
   * rewound to again. Gives the root of the tree that takes its place, which nobody drives yet: `resume` it, or begin a turn
   * where it is at rest. Effects ask before they are repeated, as in a fork.
   *
   * The files of the workspace become what they were then, where snapshots are kept; `files` of what comes back says what has
   * become of them. Where somebody else has changed some since, and `onConflict` says nothing of it, nothing is rewound and the
   * conflicts come back.
   * @throws RuntimeError UNKNOWN_CHECKPOINT, UNKNOWN_MESSAGE, BAD_STORE; nothing has changed then
   */
  rewind(from: RewindRequest): Promise<Rewound>
  /**
   * Undoes the last rewind: a copy of the tree that was left, as it stood at its end, takes the place of the one that goes on,
   * and files become what they were before. What was done since the rewind is a branch that was left; an undo is undone as any
   * rewind is.
   * @throws RuntimeError NOTHING_TO_UNDO, UNKNOWN_CHECKPOINT, BAD_STORE; nothing has changed then
   */
  undo(from: UndoRequest): Promise<Rewound>
  /** The trees that were made of one another by forks and rewinds, each before what was made of it. */
  branches(threadId: string): Promise<BranchEntry[]>
  /**
   * Names a checkpoint; a tree has each name once, and `history` lists it. @throws RuntimeError LABEL_TAKEN, UNKNOWN_CHECKPOINT
   */
  label(place: CheckpointPlace, name: string): Promise<void>
  /** Takes a name away. @throws RuntimeError UNKNOWN_LABEL */
  unlabel(threadId: string, name: string): Promise<void>
  /** The effects that were done behind a checkpoint, on this branch or one before it: a fork there might do them again. */
  wouldRepeat(place: CheckpointPlace): Promise<Repeat[]>
  /** Of a tree that was branched off: the effects that it might do again, with those that were accepted. */
  repeats(threadId: string): Promise<Repeat[]>
  /**
   * Checkpoints of a thread, or with `of: 'tree'` of its whole tree, newest first; no state is loaded. `limit` defaults to 100;
   * the page behind one is that `before` the place of its last.
   */
  history(threadId: string, page?: HistoryPage): Promise<HistoryEntry[]>
  /**
   * Drives a recorded branch again, on a copy in memory, and tells where it first goes another way: with the models of its
   * agents, which a replay model makes the recorded ones. No tool runs; results and decisions are those of the record.
   * @throws RuntimeError UNKNOWN_CHECKPOINT, BAD_STORE; BAD_WORKER where an agent's graph runs its tools itself
   */
  replay(request: ReplayRequest): Promise<ReplayReport>
  /** All that a checkpoint says, as JSON. @throws RuntimeError UNKNOWN_CHECKPOINT, BAD_STORE */
  stateAt(place: CheckpointPlace): Promise<StateView>
  /** How two checkpoints differ: for a reader, and as a JSON Patch. @throws RuntimeError UNKNOWN_CHECKPOINT, BAD_STORE */
  diff(request: DiffRequest): Promise<CheckpointDiff>
}

type RewindParts = Parameters<typeof rewind>[1]

export interface HistoryDoorParts extends Omit<ReplayParts & RewindParts, 'isAtWork'> {
  readonly hub: Pick<EventHub, 'flush'>
  readonly files: KeptFiles | undefined
}

export function historyDoors(parts: HistoryDoorParts): HistoryDoors {
  const { journal, clock, ids, hub } = parts
  const listParts = {
    ...parts,
    async isAtWork(rootThreadId: string) {
      const lease = await journal.lease(rootThreadId)
      return lease !== undefined && lease.expiresAt > clock.now()
    }
  }

  /** A thread of whose tree all is in the journal. */
  async function flushed(threadId: string): Promise<ThreadRecord> {
    const thread = await threadOf(journal, threadId)
    await hub.flush(thread.rootThreadId).catch(() => {})
    return thread
  }

  async function forkingAt({ threadId, checkpointId, accept }: ForkRequest): Promise<Forking> {
    const from = await flushed(threadId)
    return { from, mark: await markAt(from, checkpointId, listParts), as: ids.next(), accept }
  }

  return {
    async history(threadId, page = {}) {
      return historyOf(await flushed(threadId), page, listParts)
    },

    async stateAt({ threadId, checkpointId }) {
      const thread = await threadOf(journal, threadId)
      return stateAt(thread, await markAt(thread, checkpointId, listParts), listParts)
    },

    async replay(request) {
      const from = await threadOf(journal, request.threadId)
      return replay(from, request, listParts)
    },

    diff: (request) => diff(request, listParts),

    fork: async (request) => fork(await forkingAt(request), listParts),
    rewind: async ({ threadId, ...request }) =>
      rewind({ ...request, thread: await flushed(threadId), as: ids.next() }, listParts),
    undo: async ({ threadId, ...request }) =>
      undo({ ...request, thread: await flushed(threadId), as: ids.next() }, listParts),
    async branches(threadId) {
      const { rootThreadId } = await threadOf(journal, threadId)
      return branchesOf(rootThreadId, journal)
    },
    async label(place, name) {
      await label(await threadOf(journal, place.threadId), { ...place, name }, listParts)
    },
    async unlabel(threadId, name) {
      await unlabel(await threadOf(journal, threadId), name, journal)
    },
    wouldRepeat: async (place) => wouldRepeat(await forkingAt(place), listParts),
    async repeats(threadId) {
      const { rootThreadId } = await threadOf(journal, threadId)
      return journal.repeatsIn(rootThreadId)
    }
  }
}
