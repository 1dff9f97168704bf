// Where a tree is rewound to: a place in the order of its checkpoints. What lies before the beginning of a branch lies on the
// one that it was made of.
import type { BaseMessage } from '@langchain/core/messages'
import { RuntimeError } from '../../state/errors.ts'
import type { PlacedMark } from '../../state/marks.ts'
import type { ThreadRecord } from '../../state/threads.ts'
import { threadOf } from '../thread-of.ts'
import type { ListParts } from './list.ts'
import { expectWhole, markAt, tupleAt } from './places.ts'

/**
 * A checkpoint of the thread; the moment at which a message of the thread had just come; or a time, by the runtime's clock:
 * the last checkpoint of the tree that was there then.
 */
export type RewindPoint = { readonly checkpointId: string } | { readonly messageId: string } | { readonly at: number }

/** @throws RuntimeError UNKNOWN_CHECKPOINT, UNKNOWN_MESSAGE */
export async function pointOf(thread: ThreadRecord, to: RewindPoint, parts: ListParts): Promise<PlacedMark> {
  if ('checkpointId' in to) return markAt(thread, to.checkpointId, parts)
  if ('messageId' in to) return messagePoint(thread, to.messageId, parts)
  if (!Number.isFinite(to.at))
    throw new RuntimeError('BAD_ARGUMENTS', `a thread is rewound to a time, and ${to.at} is none`)
  const found = await timePoint(thread.rootThreadId, to.at, parts)
  if (found) return found
  throw new RuntimeError(
    'UNKNOWN_CHECKPOINT',
    `the tree of thread ${thread.threadId} had no checkpoint yet at ${new Date(to.at).toISOString()}`
  )
}

async function timePoint(
  rootThreadId: string,
  at: number,
  parts: ListParts & { before?: number }
): Promise<PlacedMark | undefined> {
  const { journal, before } = parts
  const [last] = await journal.checkpoints(rootThreadId, { until: at, before, limit: 1 })
  const [next] = await journal.checkpoints(rootThreadId, {
    threadId: rootThreadId,
    since: at + 1,
    first: 'oldest',
    limit: 1
  })
  if (next && (before === undefined || next.place < before)) await expectWhole(next, parts)
  if (last) return last
  const origin = await originOf(rootThreadId, parts)
  return origin && timePoint(origin.rootThreadId, at, { ...parts, before: origin.place + 1 })
}

async function messagePoint(thread: ThreadRecord, messageId: string, parts: ListParts): Promise<PlacedMark> {
  const found = await firstWith(thread, messageId, parts)
  if (found) await expectWhole(found, parts)
  if (found) return found
  throw new RuntimeError('UNKNOWN_MESSAGE', `thread ${thread.threadId} has no message ${messageId}`)
}

const ALL = 1_000_000

/** The first checkpoint that has a message: messages are added, so about twenty states are loaded of a million. */
async function firstWith(
  thread: ThreadRecord,
  messageId: string,
  parts: ListParts & { before?: number }
): Promise<PlacedMark | undefined> {
  const { threadId, rootThreadId } = thread
  const page = { threadId, before: parts.before, limit: ALL }
  const marks = (await parts.journal.checkpoints(rootThreadId, page)).toReversed()
  const first = await firstThat(marks, async (mark) => hasMessage(await tupleAt(mark, parts), messageId))
  if (first === undefined || first !== marks[0] || first.source !== 'fork') return first
  const origin = threadId === rootThreadId ? await originOf(rootThreadId, parts) : undefined
  if (!origin) return first
  const from = await threadOf(parts.journal, origin.threadId)
  return (await firstWith(from, messageId, { ...parts, before: origin.place + 1 })) ?? first
}

/** By halves: where it holds of one, it holds of all behind. */
async function firstThat<Item>(
  items: readonly Item[],
  holds: (item: Item) => Promise<boolean>
): Promise<Item | undefined> {
  let low = 0
  let high = items.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (await holds(items[middle]!)) high = middle
    else low = middle + 1
  }
  return items[low]
}

function hasMessage({ checkpoint }: Awaited<ReturnType<typeof tupleAt>>, messageId: string): boolean {
  const messages = (checkpoint.channel_values.messages ?? []) as readonly BaseMessage[]
  return messages.some(({ id }) => id === messageId)
}

/** The checkpoint that a tree was branched off from. */
async function originOf(rootThreadId: string, { journal }: ListParts): Promise<PlacedMark | undefined> {
  const branch = await journal.branchOf(rootThreadId)
  if (!branch) return undefined
  return journal.checkpoint({ threadId: branch.fromThreadId, checkpointId: branch.fromCheckpointId })
}
