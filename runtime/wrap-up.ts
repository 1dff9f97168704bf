import type { ThreadRecord } from '../state/threads.ts'
import type { CommandParts } from './command.ts'
import { subtreeOf } from './snapshot.ts'

/**
 * Tells a thread, and all below it that are at work, to end with what they have. What they ask is rejected: nobody will run
 * it any more.
 */
export async function askToWrapUp(
  { threadId, rootThreadId }: ThreadRecord,
  reason: string,
  { journal, clock, ids }: CommandParts
): Promise<void> {
  const atWork = subtreeOf(threadId, await journal.threadsOf(rootThreadId)).filter(({ status }) => AT_WORK.has(status))
  for (const each of atWork) {
    const letter = { id: ids.next(), rootThreadId, threadId: each.threadId, kind: 'wrap-up', text: reason } as const
    await journal.send({ ...letter, sentAt: clock.now() })
  }
  const mine = new Set(atWork.map((each) => each.threadId))
  const by = { kind: 'person' } as const
  for (const { ask } of await journal.openAsks({ rootThreadId }))
    if (mine.has(ask.threadId))
      await journal.decideAsk(ask.id, { decision: { kind: 'reject', reason }, by, at: clock.now() })
}

const AT_WORK: ReadonlySet<ThreadRecord['status']> = new Set(['running', 'asking', 'paused'])
