// A rewind takes a whole tree back, and the files of its workspace. What was done since stays where it is, as a branch that was
// left; the tree that goes on is a new one, which takes its place.
import { RuntimeError } from '../../state/errors.ts'
import type { PlacedMark } from '../../state/marks.ts'
import type { ThreadRecord } from '../../state/threads.ts'
import { saidOfFiles } from '../snapshots/kept-files.ts'
import { threadOf } from '../thread-of.ts'
import type { Forking } from './fork.ts'
import { exactMarkUpTo, tupleAt } from './places.ts'
import type { Accepted } from './repeats.ts'
import { pointOf, type RewindPoint } from './rewind-point.ts'
import { type FilesChoice, type Rewound, type TakingParts, takePlace } from './take-place.ts'

export interface Rewinding extends FilesChoice {
  readonly thread: ThreadRecord
  readonly to: RewindPoint
  readonly as: string
  readonly accept?: Accepted | undefined
}

/**
 * Stops what runs in the tree, and gives the root of the one that takes its place. Every thread is as it was then, and so are
 * the files; nothing is driven.
 * @throws RuntimeError UNKNOWN_CHECKPOINT, UNKNOWN_MESSAGE, BAD_STORE; nothing has changed then
 */
export async function rewind({ thread, to, as, accept, ...choice }: Rewinding, parts: TakingParts): Promise<Rewound> {
  const point = await pointOf(thread, to, parts)
  const forking = { ...(await forkingTo(point, parts)), as, accept }
  const { files } = saidOfFiles((await tupleAt(point, parts)).metadata)
  return takePlace({ ...choice, forking, besides: [thread], to: { files }, reason: 'the thread was rewound' }, parts)
}

async function forkingTo(
  point: PlacedMark,
  parts: TakingParts
): Promise<Required<Pick<Forking, 'from' | 'mark' | 'upTo'>>> {
  const root = await threadOf(parts.journal, point.rootThreadId)
  const mark = point.threadId === root.threadId ? point : await exactMarkUpTo(root, point.place, parts)
  if (!mark)
    throw new RuntimeError(
      'UNKNOWN_CHECKPOINT',
      `thread ${root.threadId} had no checkpoint yet when ${point.checkpointId} came to be`
    )
  return { from: root, mark, upTo: point.place }
}
