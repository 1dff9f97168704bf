import type { BaseMessage } from '@langchain/core/messages'
import type { StateView } from '../../state/diff.ts'
import type { Grant } from '../../state/grants.ts'
import type { PlacedMark } from '../../state/marks.ts'
import { type PlainMessage, plain, plainMessage } from '../../state/plain.ts'
import type { ThreadRecord } from '../../state/threads.ts'
import { NO_USAGE } from '../../state/usage.ts'
import { idsAbove } from '../thread-of.ts'
import type { ListParts } from './list.ts'
import { tupleAt } from './places.ts'

/** Before the first checkpoint. */
export const NOTHING: StateView = { messages: [], ledger: {}, grants: {}, usage: NO_USAGE, channels: {} }

/** All that a checkpoint says. @throws RuntimeError UNKNOWN_CHECKPOINT, BAD_STORE */
export async function stateAt(thread: ThreadRecord, mark: PlacedMark, parts: ListParts): Promise<StateView> {
  const { saver, registry } = parts
  // Damage is named here: the graph would take a checkpoint that it cannot read for one that is not there.
  await tupleAt(mark, parts)
  const { graph, dialect } = registry.agent(thread.agent)
  const { threadId: thread_id, checkpointId: checkpoint_id } = mark
  const config = { configurable: { thread_id, checkpoint_id, checkpoint_ns: '', __pregel_checkpointer: saver } }
  const values = ((await graph.getState(config)).values ?? {}) as Record<string, unknown>
  const { messages, ledger, usage: _, ...channels } = values
  return {
    messages: (Array.isArray(messages) ? (messages as BaseMessage[]) : []).map(messageOf),
    ledger: plain(ledger ?? {}) as StateView['ledger'],
    grants: await grantsAt(thread, mark.at, parts),
    usage: dialect.usage(values),
    channels: plain(channels) as StateView['channels']
  }
}

/** A graph of somebody else's may keep anything where messages are expected. */
function messageOf(message: BaseMessage): PlainMessage {
  if (typeof message?.getType === 'function') return plainMessage(message)
  return { role: 'unknown', content: plain(message) }
}

async function grantsAt(thread: ThreadRecord, at: number, { journal }: ListParts): Promise<StateView['grants']> {
  const above = new Set(await idsAbove(journal, thread))
  const reaches = ({ threadId, scope }: Grant) =>
    threadId === thread.threadId || (above.has(threadId) && scope === 'subtree')
  const held = ({ grantedAt, revokedAt, expiresAt }: Grant) =>
    grantedAt <= at && (revokedAt === null || revokedAt > at) && (expiresAt === null || expiresAt > at)
  const grants = (await journal.grantsOf(thread.rootThreadId)).filter((grant) => reaches(grant) && held(grant))
  return Object.fromEntries(
    grants.map(({ id, tool, argsHash, scope, path }) => [id, { tool, argsHash, scope, path }] as const)
  )
}
