import { z } from 'zod'
import { TreePolicy } from './policy.ts'

/** A thread as the journal keeps it: where it stands in the tree, and how its last run ended. */
export const ThreadRecord = z.object({
  threadId: z.string(),
  rootThreadId: z.string(),
  parentThreadId: z.string().nullable(),
  /** For whom its tree runs, from its beginning on; null for nobody in particular. */
  principal: z.string().min(1).nullable(),
  /** The parent's call that started it; null at the root. */
  taskId: z.string().nullable(),
  agent: z.string(),
  path: z.string(),
  /** The input or task it was started with, whole. */
  task: z.string(),
  /** Whether its parent may go on, or end, while it is at work. */
  background: z.boolean(),
  /** Whose text its parent had read when it handed over the task, or said more to it. Once said it stays. */
  untrusted: z.string().exactOptional(),
  /** Where its tools work; null where it has none. */
  workspace: z.string().nullable(),
  /** What is said in advance of this tree alone; null where that is nothing, and for all but its root. */
  policy: TreePolicy.nullable(),
  status: z.enum(['running', 'asking', 'paused', 'completed', 'failed', 'cancelled']),
  createdAt: z.number(),
  updatedAt: z.number()
})
export type ThreadRecord = z.infer<typeof ThreadRecord>
export type Principal = ThreadRecord['principal']
export type ThreadStatus = ThreadRecord['status']

/** Its last run came to an end; another turn may begin, and nothing is left to go on with. */
export function hasEnded(status: ThreadStatus): boolean {
  return status === 'completed' || status === 'failed' || status === 'cancelled'
}
