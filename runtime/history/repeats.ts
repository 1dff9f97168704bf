// What would be done twice. An effect that the part of a branch which was left has had is not undone by leaving it.
import { type BaseMessage, isToolMessage } from '@langchain/core/messages'
import type { Repeat } from '../../state/branches.ts'
import type { CallRecord } from '../../state/call-records.ts'
import type { BranchRows, Journal } from '../../state/journal.ts'
import type { ThreadRecord } from '../../state/threads.ts'
import { subtreeOf } from '../snapshot.ts'

/** What a caller takes upon itself to have repeated: everything, or the calls with these ids. */
export type Accepted = boolean | readonly string[]

/** A thread as a branch begins with it: the values of its checkpoint. */
export interface Begun {
  readonly threadId: string
  readonly values: Readonly<Record<string, unknown>>
}

/**
 * The effects of a thread, and of all below it, that a branch does not know of: those without a result in what it begins with,
 * and what a branch before it left behind.
 */
export async function repeatsOf(
  from: ThreadRecord,
  { begun, as, accept = false }: { begun: readonly Begun[]; as: string; accept?: Accepted | undefined },
  journal: Journal
): Promise<Repeat[]> {
  const { rootThreadId } = from
  const threads = new Map(
    subtreeOf(from.threadId, await journal.threadsOf(rootThreadId)).map((thread) => [thread.threadId, thread])
  )
  const known = new Map(begun.map(({ threadId, values }) => [threadId, answeredIn(values)]))
  const isLeft = ({ threadId, toolCallId }: CallRecord) =>
    threads.has(threadId) && !known.get(threadId)?.has(toolCallId)
  const isAccepted = (callId: string) => (typeof accept === 'boolean' ? accept : accept.includes(callId))
  const left = (await journal.effectsOf(rootThreadId)).filter((call) => isLeft(call) && mayHaveHadEffect(call))
  const own = left.map(({ threadId, toolCallId, tool, effect, argsHash, startedAt }): Repeat => {
    const { path } = threads.get(threadId)!
    return { rootThreadId: as, threadId, toolCallId, path, tool, effect, argsHash, startedAt, accepted: false }
  })
  const inherited = (await journal.repeatsIn(rootThreadId)).map((repeat) => ({ ...repeat, rootThreadId: as }))
  return [...inherited, ...own].map((repeat) => ({
    ...repeat,
    accepted: repeat.accepted || isAccepted(repeat.toolCallId)
  }))
}

function answeredIn({ messages }: Begun['values']): ReadonlySet<string> {
  const all = (Array.isArray(messages) ? messages : []) as readonly BaseMessage[]
  return new Set(all.filter((message) => isToolMessage(message)).map(({ tool_call_id }) => tool_call_id))
}

/** What was refused before the tool began to work has changed nothing. */
function mayHaveHadEffect(call: CallRecord): boolean {
  if (call.status === 'started' || call.result.ok) return true
  return !REFUSED.has(call.result.error.code)
}
const REFUSED: ReadonlySet<string> = new Set(['BAD_ARGUMENTS', 'UNKNOWN_TOOL'])

/** What is asked about in the trees that are driven here. It never changes once a tree is made. */
export function treeRepeats(journal: Pick<BranchRows, 'repeatsIn'>) {
  const trees = new Map<string, readonly Repeat[]>()
  return {
    async open(rootThreadId: string): Promise<void> {
      const unaccepted = (await journal.repeatsIn(rootThreadId)).filter(({ accepted }) => !accepted)
      if (unaccepted.length > 0) trees.set(rootThreadId, unaccepted)
    },
    close: (rootThreadId: string) => void trees.delete(rootThreadId),
    of: (rootThreadId: string): readonly Repeat[] => trees.get(rootThreadId) ?? []
  }
}
