import type { AgentRuntime } from '../../runtime/agent-runtime.ts'
import { idFrom } from './prefix.ts'

const ALL = 1_000_000

/**
 * The checkpoint of a thread with the id `given`, or the only one whose id begins with it.
 * @throws RuntimeError UNKNOWN_CHECKPOINT, BAD_ARGUMENTS
 */
export async function findCheckpoint(
  given: string,
  { runtime, threadId }: { runtime: AgentRuntime; threadId: string }
): Promise<string> {
  const entries = await runtime.history(threadId, { limit: ALL })
  const ids = entries.map(({ checkpointId }) => checkpointId)
  return idFrom(given, { ids, noun: 'checkpoint', unknown: 'UNKNOWN_CHECKPOINT' })
}
