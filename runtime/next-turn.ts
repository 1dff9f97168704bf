import type { BaseMessage } from '@langchain/core/messages'
import type { BaseCheckpointSaver } from '@langchain/langgraph'
import type { Letter } from '../state/inbox.ts'
import type { InboxRows, ThreadRows } from '../state/journal.ts'
import type { ThreadRecord } from '../state/threads.ts'
import type { Registry } from './registry.ts'
import type { Start } from './run.ts'
import { threadOf } from './thread-of.ts'

export interface NextTurnParts {
  readonly registry: Registry
  readonly saver: BaseCheckpointSaver
  readonly journal: InboxRows & ThreadRows
}

/**
 * The message that a thread has to begin a turn with: one that was begun and did not come as far as a checkpoint, or the
 * first that waits, where the turn before it has ended and its tree was told so. To be asked by the holder of the lease,
 * since anybody else may be told of a message that is just being taken on.
 */
export async function nextTurn(
  { threadId, rootThreadId }: ThreadRecord,
  { registry, saver, journal }: NextTurnParts
): Promise<Start | undefined> {
  const letters = (await journal.letters(rootThreadId)).filter(
    (letter) => BEGINNING.has(letter.kind) && letter.threadId === threadId
  )
  if (letters.length === 0) return undefined
  const { agent, status } = await threadOf(journal, threadId)
  const thread = { configurable: { thread_id: threadId, __pregel_checkpointer: saver } }
  const { values, config } = await registry.agent(agent).graph.getState(thread)
  const present = new Set(((values?.messages ?? []) as BaseMessage[]).map(({ id }) => id))
  for (const { id } of letters) if (present.has(id)) await journal.takeLetter(id)
  const [first] = letters.filter(({ id }) => !present.has(id))
  const isNew = config?.configurable?.checkpoint_id === undefined
  if (!first || !(first.begun || isNew || OVER.has(status))) return undefined
  return { input: first.text, letterId: first.id }
}

/** What can begin a turn. */
const BEGINNING: ReadonlySet<Letter['kind']> = new Set(['queue', 'follow-up'])

/** A turn that ended so is not gone on with, wherever its graph stands. */
const OVER: ReadonlySet<ThreadRecord['status']> = new Set(['completed', 'failed', 'cancelled'])
