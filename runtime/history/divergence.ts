import { type BaseMessage, isToolMessage } from '@langchain/core/messages'
import { canonical } from '../../state/canonical.ts'
import type { PlacedMark } from '../../state/marks.ts'
import type { Outcome } from '../../state/outcome.ts'
import { plainMessage } from '../../state/plain.ts'
import type { ThreadRecord } from '../../state/threads.ts'
import type { ListParts } from './list.ts'

/** Where a replay first went another way than the record. */
export interface Divergence {
  readonly threadId: string
  readonly path: string
  /** The recorded checkpoint that has what was expected, its step, and the node that ran in it. */
  readonly checkpointId: string
  readonly step: number
  readonly node: string
  /** What was recorded, and what came. */
  readonly expected: string
  readonly found: string
}

interface Comparing {
  /** The place from which the replay set out. */
  readonly after: number
  readonly recorded: Pick<ListParts, 'saver' | 'journal'>
  readonly replayed: Pick<ListParts, 'saver'>
  readonly outcome: Outcome
}

/** A message with the step that it came in. */
interface Said {
  readonly thread: ThreadRecord
  readonly mark: PlacedMark
  readonly message: BaseMessage
}

/**
 * Compares what was said, message by message, in the order of the record. How siblings take turns may differ: each thread is
 * compared by itself, and results by the calls that they belong to.
 */
export async function firstDivergence(
  threads: readonly ThreadRecord[],
  comparing: Comparing
): Promise<{ same: number; divergence: Divergence | undefined }> {
  const said = (await Promise.all(threads.map((thread) => saidIn(thread, comparing)))).flat()
  said.sort((a, b) => a.mark.place - b.mark.place)
  const replayed = new Map(
    await Promise.all(threads.map(async ({ threadId }) => [threadId, await heardIn(threadId, comparing)] as const))
  )
  for (const [same, { thread, mark, message }] of said.entries()) {
    const expected = canonical(asSaid(message))
    const found = replayed.get(thread.threadId)!.next(message)
    if (found && canonical(asSaid(found)) === expected) continue
    const { threadId, path } = thread
    const { checkpointId, step, nodes } = mark
    const place = { threadId, path, checkpointId, step, node: nodes.join(', ') }
    return {
      same,
      divergence: { ...place, expected, found: found ? canonical(asSaid(found)) : nothing(comparing.outcome) }
    }
  }
  return { same: said.length, divergence: undefined }
}

/** What came behind the place, each message with the first checkpoint that has it. */
async function saidIn(thread: ThreadRecord, { recorded, after }: Comparing): Promise<Said[]> {
  const { threadId, rootThreadId } = thread
  const page = { threadId, first: 'oldest', limit: 1_000_000 } as const
  const marks = await recorded.journal.checkpoints(rootThreadId, page)
  const messages = await messagesOf(threadId, recorded)
  const said: Said[] = []
  let at = 0
  for (const mark of marks)
    for (; at < Math.min(mark.messages, messages.length); at++)
      if (mark.place > after) said.push({ thread, mark, message: messages[at]! })
  return said
}

/** Gives what the replay has in the place of a message, from the end of what it was given to begin with. */
async function heardIn(threadId: string, { replayed, recorded, after }: Comparing) {
  const messages = await messagesOf(threadId, replayed)
  const known = (await recorded.journal.thread(threadId))!
  const [base] = await recorded.journal.checkpoints(known.rootThreadId, { threadId, before: after + 1, limit: 1 })
  const fresh = messages.slice(base?.messages ?? 0)
  const spoken = fresh.filter((message) => !isToolMessage(message))[Symbol.iterator]()
  return {
    next(message: BaseMessage): BaseMessage | undefined {
      if (!isToolMessage(message)) return spoken.next().value
      return fresh.filter((each) => isToolMessage(each)).find((each) => each.tool_call_id === message.tool_call_id)
    }
  }
}

async function messagesOf(threadId: string, { saver }: Pick<ListParts, 'saver'>): Promise<readonly BaseMessage[]> {
  const tuple = await saver.getTuple({ configurable: { thread_id: threadId } })
  return (tuple?.checkpoint.channel_values.messages ?? []) as BaseMessage[]
}

/** Without what differs from run to run. */
function asSaid(message: BaseMessage) {
  const { id: _id, status: _status, ...said } = plainMessage(message)
  return said
}

function nothing(outcome: Outcome): string {
  if (outcome.status === 'failed') return `nothing: ${outcome.error.code}: ${outcome.error.message}`
  return `nothing: the replay ended as ${outcome.status}`
}
