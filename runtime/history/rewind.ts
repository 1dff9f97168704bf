// A rewind takes a whole tree back. What was done since stays where it is, as a branch that was left; the tree that goes on is a
// new one, which takes its place.
import { RuntimeError } from '../../state/errors.ts'
import type { ThreadRecord } from '../../state/threads.ts'
import { cancel } from '../cancel.ts'
import type { CommandParts } from '../command.ts'
import { threadOf } from '../thread-of.ts'
import { currentOf } from './branches.ts'
import { type Forking, type ForkParts, fork, wouldRepeat } from './fork.ts'
import { exactMarkUpTo } from './places.ts'
import type { Accepted } from './repeats.ts'
import { pointOf, type RewindPoint } from './rewind-point.ts'

export interface Rewinding {
  readonly thread: ThreadRecord
  readonly to: RewindPoint
  readonly as: string
  readonly accept?: Accepted | undefined
}

/**
 * Stops what runs in the tree, and gives the root of the one that takes its place. Every thread is as it was then; nothing is
 * driven.
 * @throws RuntimeError UNKNOWN_CHECKPOINT, UNKNOWN_MESSAGE, BAD_STORE; nothing has been stopped then
 */
export async function rewind(rewinding: Rewinding, parts: ForkParts & CommandParts): Promise<ThreadRecord> {
  const forking = await forkingTo(rewinding, parts)
  const { from } = forking
  // All that can be refused is refused here.
  await wouldRepeat(forking, parts)
  const current = await currentOf(from.rootThreadId, parts.journal)
  for (const threadId of new Set([current, from.rootThreadId, rewinding.thread.rootThreadId]))
    await cancel({ threadId, reason: REWOUND }, parts)
  return fork({ ...forking, replaces: await currentOf(from.rootThreadId, parts.journal) }, parts)
}
const REWOUND = 'the thread was rewound'

async function forkingTo({ thread, to, as, accept }: Rewinding, parts: ForkParts): Promise<Forking> {
  const point = await pointOf(thread, to, parts)
  const root = await threadOf(parts.journal, point.rootThreadId)
  const mark = point.threadId === root.threadId ? point : await exactMarkUpTo(root, point.place, parts)
  if (!mark)
    throw new RuntimeError(
      'UNKNOWN_CHECKPOINT',
      `thread ${root.threadId} had no checkpoint yet when ${point.checkpointId} came to be`
    )
  return { from: root, mark, upTo: point.place, as, accept }
}
