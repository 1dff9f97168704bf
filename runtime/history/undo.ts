// A rewind is undone by another one: to where the tree that was left stood at its end, with the files that were there then.
import { RuntimeError } from '../../state/errors.ts'
import type { ThreadRecord } from '../../state/threads.ts'
import { saidOfFiles } from '../snapshots/kept-files.ts'
import { threadOf } from '../thread-of.ts'
import { currentOf } from './branches.ts'
import { markUpTo } from './places.ts'
import type { Accepted } from './repeats.ts'
import { type FilesChoice, type Rewound, type TakingParts, takePlace } from './take-place.ts'

export interface Undoing extends FilesChoice {
  /** Any thread of any tree of the family: what is undone is how the tree that goes on by now came to be. */
  readonly thread: ThreadRecord
  readonly as: string
  readonly accept?: Accepted | undefined
}

/** @throws RuntimeError NOTHING_TO_UNDO, UNKNOWN_CHECKPOINT, BAD_STORE; nothing has changed then */
export async function undo({ thread, as, accept, ...choice }: Undoing, parts: TakingParts): Promise<Rewound> {
  const { journal, saver } = parts
  const current = await currentOf(thread.rootThreadId, journal)
  const branch = await journal.branchOf(current)
  if (!branch?.replaces)
    throw new RuntimeError('NOTHING_TO_UNDO', `thread ${current} has taken the place of no other: it was not rewound`)
  const from = await threadOf(journal, branch.replaces)
  const [last] = await journal.checkpoints(from.rootThreadId, { limit: 1 })
  const mark = last && (await markUpTo(from, last.place, parts))
  if (!last || !mark) throw new RuntimeError('UNKNOWN_CHECKPOINT', `thread ${from.threadId} has no checkpoint`)
  const begun = { thread_id: current, checkpoint_ns: '', checkpoint_id: branch.fromCheckpointId }
  const to = saidOfFiles((await saver.getTuple({ configurable: begun }))?.metadata)
  const forking = { from, mark, upTo: last.place, as, accept }
  return takePlace({ ...choice, forking, besides: [thread], to, reason: 'the rewind was undone' }, parts)
}
