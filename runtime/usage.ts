import type { UsageRows } from '../state/journal.ts'
import { addUsage, NO_USAGE, type Usage } from '../state/usage.ts'

/** What all agents of a tree have used so far. */
export async function usageOfTree(rootThreadId: string, journal: UsageRows): Promise<Usage> {
  return (await journal.usageOf(rootThreadId)).map(({ usage }) => usage).reduce(addUsage, NO_USAGE)
}
