// The doors of a runtime through which the past of its trees is seen, and branched from.
import type { Repeat } from '../../state/branches.ts'
import type { StateView } from '../../state/diff.ts'
import type { ThreadRecord } from '../../state/threads.ts'
import type { EventHub } from '../events.ts'
import { threadOf } from '../thread-of.ts'
import { type BranchEntry, branchesOf } from './branches.ts'
import { type CheckpointDiff, type DiffRequest, diff } from './diff.ts'
import type { FileHistory } from './file-history.ts'
import { type Forking, fork, wouldRepeat } from './fork.ts'
import { label, unlabel } from './label.ts'
import { type HistoryEntry, type HistoryPage, historyOf } from './list.ts'
import { markAt } from './places.ts'
import type { Accepted } from './repeats.ts'
import { type ReplayParts, type ReplayReport, type ReplayRequest, replay } from './replay.ts'
import { rewind } from './rewind.ts'
import type { RewindPoint } from './rewind-point.ts'
import { stateAt } from './state-at.ts'

export interface CheckpointPlace {
  readonly threadId: string
  readonly checkpointId: string
}

export interface ForkRequest extends CheckpointPlace {
  /** What may be done again unasked: everything, or the calls with these ids. Nothing by default. */
  readonly accept?: Accepted
}

export interface RewindRequest {
  readonly threadId: string
  readonly to: RewindPoint
  /** As in a fork. */
  readonly accept?: Accepted
}

export interface HistoryDoors {
  /** As `resumeFrom`, without driving it. */
  fork(from: ForkRequest): Promise<ThreadRecord>
  /**
   * Takes a whole tree back: to a checkpoint of any of its threads, to where a message of a thread had just come, or to a time.
   * What runs is cancelled and nothing is deleted: the branch that was left stays as it was, is listed by `branches`, and can be
   * rewound to again. Gives the root of the tree that takes its place, which nobody drives yet: `resume` it, or begin a turn
   * where it is at rest. Effects ask before they are repeated, as in a fork.
   * @throws RuntimeError UNKNOWN_CHECKPOINT, UNKNOWN_MESSAGE, BAD_STORE; nothing has changed then
   */
  rewind(from: RewindRequest): Promise<ThreadRecord>
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
  readonly files: FileHistory | undefined
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

  async function forkingAt({ threadId, checkpointId, accept }: ForkRequest): Promise<Forking> {
    const from = await threadOf(journal, threadId)
    await hub.flush(from.rootThreadId).catch(() => {})
    return { from, mark: await markAt(from, checkpointId, listParts), as: ids.next(), accept }
  }

  return {
    async history(threadId, page = {}) {
      const thread = await threadOf(journal, threadId)
      await hub.flush(thread.rootThreadId).catch(() => {})
      return historyOf(thread, page, listParts)
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
    async rewind({ threadId, to, accept }) {
      const thread = await threadOf(journal, threadId)
      await hub.flush(thread.rootThreadId).catch(() => {})
      return rewind({ thread, to, as: ids.next(), accept }, listParts)
    },
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
