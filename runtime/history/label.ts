import { RuntimeError } from '../../state/errors.ts'
import type { CheckpointRows } from '../../state/journal.ts'
import type { ThreadRecord } from '../../state/threads.ts'
import type { ForkParts } from './fork.ts'
import { markAt } from './places.ts'

/** Letters, digits, spaces and marks; nothing that a terminal would not show, or that a database would not keep. */
const NAME = /^[\p{L}\p{M}\p{N}\p{P}\p{S}][\p{L}\p{M}\p{N}\p{P}\p{S} ]{0,79}$/u

/** @throws RuntimeError UNKNOWN_CHECKPOINT, LABEL_TAKEN, BAD_ARGUMENTS */
export async function label(
  thread: ThreadRecord,
  { checkpointId, name }: { checkpointId: string; name: string },
  parts: ForkParts
): Promise<void> {
  const { threadId, rootThreadId } = thread
  if (!NAME.test(name))
    throw new RuntimeError('BAD_ARGUMENTS', 'a label is 1 to 80 printable characters, and begins with no space')
  await markAt(thread, checkpointId, parts)
  const { journal, clock } = parts
  if (await journal.label({ rootThreadId, name, threadId, checkpointId, labelledAt: clock.now() })) return
  const taken = (await journal.labelsOf(rootThreadId)).find((each) => each.name === name)
  if (taken?.threadId === threadId && taken.checkpointId === checkpointId) return
  throw new RuntimeError(
    'LABEL_TAKEN',
    `the label "${name}" names another checkpoint of the tree${taken ? `: ${taken.checkpointId}` : ''}; take it away there, or find another name`
  )
}

/** @throws RuntimeError UNKNOWN_LABEL */
export async function unlabel({ rootThreadId }: ThreadRecord, name: string, journal: CheckpointRows): Promise<void> {
  if (!(await journal.unlabel(rootThreadId, name)))
    throw new RuntimeError('UNKNOWN_LABEL', `no checkpoint of the tree of thread ${rootThreadId} is labelled "${name}"`)
}
