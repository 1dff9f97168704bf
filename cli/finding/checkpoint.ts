import type { AgentRuntime, CheckpointPlace } from '../../runtime/agent-runtime.ts'
import { idFrom } from './prefix.ts'

const ALL = 1_000_000

/**
 * The checkpoint that `given` names: a label anywhere in the thread's tree; else the checkpoint of the thread with that id, or
 * the only one whose id begins with it.
 * @throws RuntimeError UNKNOWN_CHECKPOINT, BAD_ARGUMENTS
 */
export async function findCheckpoint(
  given: string,
  { runtime, threadId }: { runtime: AgentRuntime; threadId: string }
): Promise<CheckpointPlace> {
  const [labelled] = await runtime.history(threadId, { of: 'tree', label: given, limit: 1 })
  if (labelled) return { threadId: labelled.threadId, checkpointId: labelled.checkpointId }
  const entries = await runtime.history(threadId, { limit: ALL })
  const ids = entries.map(({ checkpointId }) => checkpointId)
  return { threadId, checkpointId: idFrom(given, { ids, noun: 'checkpoint', unknown: 'UNKNOWN_CHECKPOINT' }) }
}
