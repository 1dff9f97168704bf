import { type CommandParts, tellHolder } from './command.ts'
import { threadOf } from './thread-of.ts'

interface Pausing {
  readonly threadId: string
  readonly reason: string
}

/** Lets every run of a tree end with the superstep that it is in. Where another process drives the tree that one is told. */
export async function pause({ threadId, reason }: Pausing, parts: CommandParts): Promise<void> {
  const { rootThreadId } = await threadOf(parts.journal, threadId)
  await tellHolder({ rootThreadId, threadId: rootThreadId }, { kind: 'pause', reason }, parts)
  await pauseHere({ threadId: rootThreadId, reason }, parts)
}

export async function pauseHere({ threadId, reason }: Pausing, { driver }: CommandParts): Promise<void> {
  await driver.drain(threadId, reason)
}
