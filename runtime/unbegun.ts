import type { BaseCheckpointSaver } from '@langchain/langgraph'
import type { InboxRows } from '../state/journal.ts'
import type { ThreadRecord } from '../state/threads.ts'
import type { Start } from './run.ts'

/**
 * The input of a turn that a process took on and did not get to a checkpoint. To be asked by the holder of the lease, since
 * anybody else may be told of an input that is just being taken on.
 */
export async function unbegun(
  { threadId, parentThreadId }: ThreadRecord,
  { saver, journal }: { saver: BaseCheckpointSaver; journal: InboxRows }
): Promise<Start | undefined> {
  if (parentThreadId !== null) return undefined
  const letters = (await journal.letters(threadId)).filter(({ kind }) => kind === 'queue')
  if (letters.length === 0) return undefined
  const state = await saver.getTuple({ configurable: { thread_id: threadId, checkpoint_ns: '' } })
  const messages = (state?.checkpoint.channel_values.messages ?? []) as { id?: string }[]
  const present = new Set(messages.map(({ id }) => id))
  for (const { id } of letters) if (present.has(id)) await journal.takeLetter(id)
  const [first] = letters.filter(({ id }) => !present.has(id))
  return first && { input: first.text, letterId: first.id }
}
